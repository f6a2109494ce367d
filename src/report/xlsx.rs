//! Tables as XLSX: one sheet, the header frozen and with filters, columns as wide as they ask for.

use super::{Cell, Table};
use crate::error::{Error, Result};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, XlsxError};

/// How many characters a cell of a workbook can hold.
const LONGEST: usize = 32_767;

/// How many characters the name of a sheet can have.
const LONGEST_NAME: usize = 31;

impl Table {
    /// The table as a workbook of one sheet. Texts are written as texts, never as formulas; one longer than 32,767
    /// characters, which no cell can hold, ends in an ellipsis. The same table always gives the same bytes.
    pub fn to_xlsx(&self) -> Result<Vec<u8>> {
        self.workbook()
            .and_then(|mut workbook| workbook.save_to_buffer())
            .map_err(|error| Error::Internal(format!("the table {}: {error}", self.name)))
    }

    fn workbook(&self) -> Result<Workbook, XlsxError> {
        let mut workbook = Workbook::new();
        // Without a date the library takes the machine's, and the same table would give other bytes a second later.
        let properties = DocProperties::new()
            .set_title(&self.name)
            .set_author("concord")
            .set_creation_datetime(&ExcelDateTime::from_ymd(2000, 1, 1)?);
        workbook.set_properties(&properties);
        let head = Format::new().set_bold();
        let body = Format::new().set_text_wrap().set_align(FormatAlign::Top);
        let sheet = workbook.add_worksheet();
        sheet.set_name(sheet_name(&self.name))?;
        for (column, at) in self.columns.iter().zip(0..) {
            sheet.set_column_width(at, f64::from(column.width))?;
            sheet.write_string_with_format(0, at, column.name, &head)?;
        }
        for (row, y) in self.rows.iter().zip(1..) {
            for (cell, x) in row.iter().zip(0..) {
                match cell {
                    Cell::Text(text) => sheet.write_string_with_format(y, x, fitting(text), &body)?,
                    Cell::Number(number) if number.is_finite() => {
                        sheet.write_number_with_format(y, x, *number, &body)?
                    }
                    Cell::Truth(truth) => sheet.write_boolean_with_format(y, x, *truth, &body)?,
                    Cell::Empty | Cell::Number(_) => continue,
                };
            }
        }
        sheet.set_freeze_panes(1, 0)?;
        if let (Some(last), Ok(lines)) = (self.columns.len().checked_sub(1), u32::try_from(self.rows.len())) {
            sheet.autofilter(0, 0, lines, u16::try_from(last).unwrap_or(u16::MAX))?;
        }
        Ok(workbook)
    }
}

/// The text, cut to what a cell holds, which counts in UTF-16 units.
fn fitting(text: &str) -> String {
    if text.len() <= LONGEST || text.encode_utf16().count() <= LONGEST {
        return text.into();
    }
    let mut units = 0;
    let kept = text.chars().take_while(|c| {
        units += c.len_utf16();
        units < LONGEST
    });
    kept.chain(['…']).collect()
}

/// The name without what the name of a sheet cannot have.
fn sheet_name(name: &str) -> String {
    name.chars().filter(|c| !r"[]:*?/\'".contains(*c)).take(LONGEST_NAME).collect()
}
