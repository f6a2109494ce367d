//! Secrets are taken out of what a tap says before anyone reads it.

use std::sync::Arc;

/// Shorter parts of a secret are everywhere and give nothing away.
const SHORTEST: usize = 4;

/// The texts that must not be shown.
#[derive(Clone, Default)]
pub struct Redaction(Arc<[String]>);

impl Redaction {
    /// Of these secrets, line by line, as they are and as JSON writes them.
    pub fn new<'a>(secrets: impl Iterator<Item = &'a str>) -> Self {
        let mut texts: Vec<String> = secrets
            .flat_map(str::lines)
            .map(str::trim)
            .filter(|line| line.len() >= SHORTEST)
            .flat_map(|line| {
                let quoted = serde_json::Value::from(line).to_string();
                [line.to_owned(), quoted[1..quoted.len() - 1].to_owned()]
            })
            .collect();
        // A secret that contains another goes first, so that nothing of it is left.
        texts.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        texts.dedup();
        Self(texts.into())
    }

    /// The text without secrets.
    pub fn of(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "***"))
    }
}
