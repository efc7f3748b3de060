"""`python -m joulebook`: the same as the `joulebook` command."""

from joulebook.cli import main

main()
