//! Rows of a file, one at a time: lines of JSON, or records of CSV. What is held is bounded by the longest row allowed;
//! of a longer one the rest is skipped. A row that cannot be read is said to be so and does not stop those after it.

use super::Format;
use crate::error::{Error, Result};
use serde_json::{Map, Value};
use std::{collections::HashSet, io::BufRead};

/// The longest row read, in bytes.
pub const MAX_ROW: usize = 1 << 20;

/// A row and where it starts, lines counted from 1.
pub struct Row {
    pub line: u64,
    pub content: Result<Value, Unreadable>,
}

/// Why a row could not be read, and its text as far as it is known.
pub struct Unreadable {
    pub reason: String,
    pub text: String,
}

impl Unreadable {
    fn new(reason: impl Into<String>, bytes: &[u8]) -> Self {
        Self { reason: reason.into(), text: String::from_utf8_lossy(bytes).into_owned() }
    }

    fn too_long(hint: &str, bytes: &[u8]) -> Self {
        Self::new(format!("the row is longer than {MAX_ROW} bytes{hint}"), bytes)
    }
}

/// Reads the rows of a file in its format; `file` names it in errors. After an error there is nothing more to read.
pub fn read<'a>(
    format: Format,
    file: &str,
    input: Box<dyn BufRead + Send + 'a>,
) -> Box<dyn Iterator<Item = Result<Row>> + Send + 'a> {
    let input = Counted { input, line: 1 };
    let file = file.to_owned();
    match format {
        Format::JsonLines => Box::new(JsonLines { file, input }),
        Format::Csv => Box::new(Csv { file, input, core: csv_core::Reader::new(), header: None }),
    }
}

/// An input that knows which line it is on.
struct Counted<'a> {
    input: Box<dyn BufRead + Send + 'a>,
    line: u64,
}

impl Counted<'_> {
    fn peek(&mut self, file: &str) -> Result<&[u8]> {
        self.input.fill_buf().map_err(|error| Error::Upstream(format!("{file} line {}: {error}", self.line)))
    }

    /// Takes what was peeked at, up to `count` bytes of which `newlines` are newlines.
    fn take(&mut self, count: usize, newlines: usize) {
        self.input.consume(count);
        self.line += newlines as u64;
    }
}

fn newlines(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte == b'\n').count()
}

struct JsonLines<'a> {
    file: String,
    input: Counted<'a>,
}

impl JsonLines<'_> {
    /// The next line, at most one byte more than allowed; `None` at the end.
    fn line(&mut self) -> Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        let mut any = false;
        loop {
            let bytes = self.input.peek(&self.file)?;
            if bytes.is_empty() {
                return Ok(any.then_some(line));
            }
            any = true;
            let end = bytes.iter().position(|byte| *byte == b'\n');
            let content = &bytes[..end.unwrap_or(bytes.len())];
            let room = MAX_ROW + 1 - line.len();
            line.extend_from_slice(&content[..content.len().min(room)]);
            let taken = content.len() + usize::from(end.is_some());
            self.input.take(taken, usize::from(end.is_some()));
            if end.is_some() {
                return Ok(Some(line));
            }
        }
    }
}

impl Iterator for JsonLines<'_> {
    type Item = Result<Row>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let number = self.input.line;
            let line = match self.line() {
                Ok(line) => line?,
                Err(error) => return Some(Err(error)),
            };
            let text = if number == 1 { line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&line) } else { &line };
            if !text.trim_ascii().is_empty() {
                return Some(Ok(Row { line: number, content: parse_json(text) }));
            }
        }
    }
}

fn parse_json(line: &[u8]) -> Result<Value, Unreadable> {
    if line.len() > MAX_ROW {
        return Err(Unreadable::too_long("", line));
    }
    let text = std::str::from_utf8(line)
        .map_err(|error| Unreadable::new(format!("not UTF-8 at byte {}", error.valid_up_to() + 1), line))?;
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Ok(Value::Object(object)),
        Ok(_) => Err(Unreadable::new("not a JSON object", line)),
        Err(error) => {
            let rule = error.to_string();
            let rule = rule.split(" at line ").next().unwrap_or_default();
            Err(Unreadable::new(format!("not valid JSON at column {}: {rule}", error.column()), line))
        }
    }
}

struct Csv<'a> {
    file: String,
    input: Counted<'a>,
    core: csv_core::Reader,
    header: Option<Vec<String>>,
}

/// The cells of a CSV record: their bytes one after another, and where each ends.
struct Cells {
    line: u64,
    bytes: Vec<u8>,
    ends: Vec<usize>,
    too_long: bool,
}

impl Cells {
    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| self.bytes.get(start..*end).unwrap_or_default())
    }

    fn joined(&self) -> Vec<u8> {
        self.iter().collect::<Vec<_>>().join(&b',')
    }
}

impl Csv<'_> {
    /// Passes over the line ends between records, so that a record's first line is known.
    fn skip_line_ends(&mut self) -> Result<()> {
        loop {
            let bytes = self.input.peek(&self.file)?;
            let ends = &bytes[..bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count()];
            let (count, newlines) = (ends.len(), newlines(ends));
            if count == 0 {
                return Ok(());
            }
            self.input.take(count, newlines);
        }
    }

    /// The next record; `None` at the end.
    fn cells(&mut self) -> Result<Option<Cells>> {
        use csv_core::ReadRecordResult as Step;
        self.skip_line_ends()?;
        let mut cells = Cells { line: self.input.line, bytes: vec![0; 1 << 10], ends: vec![0; 32], too_long: false };
        let (mut input_len, mut bytes_len, mut ends_len) = (0_usize, 0, 0);
        loop {
            let input = self.input.peek(&self.file)?;
            let (step, read, written, ended) =
                self.core.read_record(input, &mut cells.bytes[bytes_len..], &mut cells.ends[ends_len..]);
            let newlines = newlines(&input[..read]);
            self.input.take(read, newlines);
            (input_len, bytes_len, ends_len) = (input_len + read, bytes_len + written, ends_len + ended);
            cells.too_long |= input_len > MAX_ROW;
            match step {
                Step::End => return Ok(None),
                Step::Record => {
                    cells.bytes.truncate(bytes_len);
                    cells.ends.truncate(ends_len);
                    return Ok(Some(cells));
                }
                // Of a row too long only what came first is kept; the rest is written over its last part.
                Step::OutputFull if cells.too_long => bytes_len = cells.bytes.len() / 2,
                Step::OutputEndsFull if cells.too_long => ends_len = cells.ends.len() / 2,
                Step::OutputFull => cells.bytes.resize(cells.bytes.len() * 2, 0),
                Step::OutputEndsFull => cells.ends.resize(cells.ends.len() * 2, 0),
                Step::InputEmpty => {}
            }
        }
    }

    fn read_header(&mut self) -> Result<Vec<String>> {
        let file = self.file.clone();
        let wrong = move |line: u64, rule: String| Err(Error::invalid(format!("{file} line {line}"), rule));
        let Some(cells) = self.cells()? else {
            return wrong(1, "the file is empty; a CSV file starts with a row of column names".into());
        };
        if cells.too_long {
            return wrong(cells.line, format!("the row of column names is longer than {MAX_ROW} bytes"));
        }
        let mut seen = HashSet::new();
        let mut header = Vec::new();
        for (position, cell) in cells.iter().enumerate() {
            match std::str::from_utf8(cell).map(str::trim) {
                Err(_) => return wrong(cells.line, format!("the name of column {} is not UTF-8", position + 1)),
                Ok("") => return wrong(cells.line, format!("column {} has no name", position + 1)),
                Ok(name) if !seen.insert(name) => return wrong(cells.line, format!("two columns are named `{name}`")),
                Ok(name) => header.push(name.to_owned()),
            }
        }
        Ok(header)
    }

    fn next_row(&mut self) -> Result<Option<Row>> {
        let header = match self.header.take() {
            Some(header) => header,
            None => self.read_header()?,
        };
        let cells = self.cells()?;
        let row = cells.map(|cells| Row { line: cells.line, content: to_object(&header, &cells) });
        self.header = Some(header);
        Ok(row)
    }
}

impl Iterator for Csv<'_> {
    type Item = Result<Row>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_row().transpose()
    }
}

/// Column name to text; an empty cell is null.
fn to_object(header: &[String], cells: &Cells) -> Result<Value, Unreadable> {
    if cells.too_long {
        return Err(Unreadable::too_long("; is a quotation mark not closed?", &cells.bytes));
    }
    if cells.ends.len() != header.len() {
        let rule = format!("{} cells where the header has {}", cells.ends.len(), header.len());
        return Err(Unreadable::new(rule, &cells.joined()));
    }
    let mut object = Map::new();
    for (name, cell) in header.iter().zip(cells.iter()) {
        let text = std::str::from_utf8(cell)
            .map_err(|_| Unreadable::new(format!("column `{name}` is not UTF-8"), &cells.joined()))?;
        let value = if text.is_empty() { Value::Null } else { Value::String(text.into()) };
        object.insert(name.clone(), value);
    }
    Ok(Value::Object(object))
}
