//! A paragraph, heading or cell as its reader sees it, and where each part of it stands in the text handed in.

use std::ops::Range;

/// Running text without markup.
#[derive(Debug, Default)]
pub(super) struct Block {
    /// What the reader sees.
    pub text: String,
    /// Parts of `text` that are no prose: code and addresses.
    pub opaque: Vec<Range<usize>>,
    /// Where `text` comes from, in order.
    segments: Vec<Segment>,
}

#[derive(Debug)]
struct Segment {
    /// Where it starts in the block's text.
    at: usize,
    /// Where it stands in the source.
    source: Range<usize>,
    /// Whether the block has the source's bytes unchanged.
    exact: bool,
}

impl Block {
    /// Appends this part of the source as it is.
    pub fn push(&mut self, source: &str, range: Range<usize>) {
        if let Some(text) = source.get(range.clone()).filter(|text| !text.is_empty()) {
            self.segments.push(Segment { at: self.text.len(), source: range, exact: true });
            self.text.push_str(text);
        }
    }

    /// Appends what this part of the source stands for.
    pub fn push_as(&mut self, text: &str, range: Range<usize>) {
        if !text.is_empty() {
            self.segments.push(Segment { at: self.text.len(), source: range, exact: false });
            self.text.push_str(text);
        }
    }

    /// Appends code or an address: shown in excerpts, not reviewed.
    pub fn push_opaque(&mut self, text: &str, range: Range<usize>) {
        let start = self.text.len();
        self.push_as(text, range);
        if start < self.text.len() {
            self.opaque.push(start..self.text.len());
        }
    }

    /// True if there is nothing to review.
    pub fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// Where a part of the block's text stands in the source.
    pub fn source_of(&self, range: &Range<usize>) -> Range<usize> {
        let start = self.segment(range.start).map_or(0, |segment| {
            let inside = if segment.exact { range.start.saturating_sub(segment.at) } else { 0 };
            segment.source.start + inside
        });
        let end = self.segment(range.end.saturating_sub(1)).map_or(start, |segment| {
            if segment.exact { segment.source.start + range.end.saturating_sub(segment.at) } else { segment.source.end }
        });
        start..end.max(start)
    }

    /// The segment that holds this place of the block's text.
    fn segment(&self, at: usize) -> Option<&Segment> {
        let after = self.segments.partition_point(|segment| segment.at <= at);
        after.checked_sub(1).and_then(|position| self.segments.get(position))
    }
}

/// Collects blocks: what is pushed goes to the open one.
#[derive(Default)]
pub(super) struct Blocks {
    done: Vec<Block>,
    pub open: Block,
}

impl Blocks {
    /// Ends the open block.
    pub fn end(&mut self) {
        let block = std::mem::take(&mut self.open);
        if !block.is_blank() {
            self.done.push(block);
        }
    }

    /// All blocks.
    pub fn finish(mut self) -> Vec<Block> {
        self.end();
        self.done
    }
}
