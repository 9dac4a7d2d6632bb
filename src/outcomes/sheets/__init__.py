"""What does a raw file hold, exactly as it was exported?

In: the bytes of an export (CSV, TSV, Excel, SPSS, Stata, Parquet; plain or with the header rows and metadata
of Qualtrics, Jisc Online Surveys or Microsoft Forms). Out: a `Sheet` of text cells under the row numbers that
a spreadsheet shows. What would shift, cut, merge or change cells in silence is refused. Knows no study.
"""

from outcomes.sheets.reading import MOST_BYTES, read, too_large
from outcomes.sheets.sheet import Declared, Sheet

__all__ = ["MOST_BYTES", "Declared", "Sheet", "read", "too_large"]
