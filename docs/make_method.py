"""Write the formulas, with the numbers that the code gives, into docs/method.md between its two markers."""

from pathlib import Path

from joulebook.ledger.accounting.formulas import markdown

BEGIN, END = "<!-- formulas: made by docs/make_method.py -->\n", "<!-- end of formulas -->\n"

if __name__ == "__main__":
    page = Path(__file__).with_name("method.md")
    head, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, _, tail = rest.partition(END)
    page.write_text(f"{head}{BEGIN}{markdown()}\n{END}{tail}", encoding="utf-8")
