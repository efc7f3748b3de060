"""A script that has used CodeCarbon for long, with one argument more. Needs codecarbon."""

from __future__ import annotations

from codecarbon import OfflineEmissionsTracker

from joulebook.meters.integrations.codecarbon import JoulebookOutput


def main() -> None:
    """The tracker does what it did; the run is in the books as well."""
    books = JoulebookOutput(project="examples")
    with OfflineEmissionsTracker(country_iso_code="FRA", output_methods=[], output_handlers=[books], log_level="error"):
        print(sum(number * number for number in range(5_000_000)))


if __name__ == "__main__":
    main()
