//! Tables as XLSX: one sheet, the header frozen and with filters, columns as wide as they ask for, rows as high as their
//! texts need, and pages that can be printed.

use super::{Cell, Table};
use crate::error::{Error, Result};
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};

/// How many characters a cell of a workbook can hold.
const LONGEST: usize = 32_767;

/// How many characters the name of a sheet can have.
const LONGEST_NAME: usize = 31;

/// How high a line of text is, in points, and the highest a row can be.
const LINE: f64 = 15.0;
const HIGHEST: f64 = 409.0;

/// How many characters across still fit on one page that can be read.
const READABLE: u16 = 320;

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
        let body = Format::new().set_text_wrap().set_align(FormatAlign::Top);
        let head = body.clone().set_bold().set_background_color("E8EDF2").set_border_bottom(FormatBorder::Thin);
        let sheet = workbook.add_worksheet();
        sheet.set_name(sheet_name(&self.name))?;
        for (column, at) in self.columns.iter().zip(0..) {
            sheet.set_column_width(at, f64::from(column.width))?;
            sheet.write_string_with_format(0, at, column.name.as_ref(), &head)?;
        }
        sheet.set_row_height(0, self.height(self.columns.iter().map(|column| column.name.as_ref())))?;
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
            // Not every program makes rows higher by itself; those that do not would hide all but the first line.
            sheet.set_row_height(
                y,
                self.height(row.iter().map(|cell| if let Cell::Text(text) = cell { text } else { "" })),
            )?;
        }
        sheet.set_freeze_panes(1, self.leading)?;
        if let (Some(last), Ok(lines)) = (self.columns.len().checked_sub(1), u32::try_from(self.rows.len())) {
            sheet.autofilter(0, 0, lines, u16::try_from(last).unwrap_or(u16::MAX))?;
        }
        self.lay_out(sheet)?;
        Ok(workbook)
    }

    /// How it is printed: across, on A4, header and leading columns on each page.
    fn lay_out(&self, sheet: &mut Worksheet) -> Result<(), XlsxError> {
        sheet.set_landscape().set_paper_size(9).set_print_gridlines(true).set_footer("&L&A&RPage &P of &N");
        sheet.set_repeat_rows(0, 0)?;
        let width = self.columns.iter().fold(0_u16, |sum, column| sum.saturating_add(column.width.into()));
        sheet.set_print_fit_to_pages(width.div_ceil(READABLE).max(1), 0);
        if let Some(last) = self.leading.checked_sub(1) {
            sheet.set_repeat_columns(0, last)?;
        }
        Ok(())
    }

    /// How high a row of these texts has to be, each as wide as its column.
    fn height<'a>(&self, texts: impl Iterator<Item = &'a str>) -> f64 {
        let lines = self.columns.iter().zip(texts).map(|(column, text)| lines(text, column.width)).max();
        (f64::from(lines.unwrap_or(1)) * LINE).min(HIGHEST)
    }
}

/// How many lines a text takes in a column of a width, broken between words.
fn lines(text: &str, width: u8) -> u32 {
    let width = u32::from(width).max(1);
    let wrapped = |line: &str| {
        let (mut lines, mut used) = (1, 0);
        for word in line.split(' ') {
            let length = u32::try_from(word.chars().count()).unwrap_or(u32::MAX);
            if used > 0 && used + 1 + length.min(width) > width {
                lines += 1;
                used = 0;
            }
            // A word longer than a line is broken.
            lines += length.saturating_sub(1) / width;
            used += length % width + 1;
        }
        lines
    };
    text.lines().map(wrapped).sum::<u32>().max(1)
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
