//! `concord token`: makes tokens for the API.

use crate::{
    config::Settings,
    error::{Error, Result},
    tokens::{Permission, Tokens},
};
use clap::{Args, Subcommand};

/// Tokens for the API.
#[derive(Args)]
pub struct Token {
    #[command(subcommand)]
    command: TokenCommand,
}

#[derive(Subcommand)]
enum TokenCommand {
    /// Print a new token, signed with the key of this configuration
    Issue(Issue),
}

#[derive(Args)]
struct Issue {
    /// Whose token it is: a person, or what calls the API
    #[arg(long)]
    subject: String,
    /// What it allows; repeat for several. Without any: reading, but nothing restricted
    #[arg(long = "permission", value_name = "PERMISSION", long_help = permissions_help())]
    permissions: Vec<Permission>,
    /// For how many days it is valid, 1 to 366
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(i64).range(1..=366))]
    days: i64,
}

impl Token {
    /// Runs the command.
    pub fn run(self, settings: &Settings) -> Result<()> {
        let TokenCommand::Issue(Issue { subject, permissions, days }) = self.command;
        if subject.trim().is_empty() {
            return Err(Error::invalid("--subject", "names nobody"));
        }
        let permissions = if permissions.is_empty() { Permission::READ_ONLY.to_vec() } else { permissions };
        println!("{}", Tokens::open(&settings.auth)?.issue(&subject, &permissions, days * 86_400)?);
        Ok(())
    }
}

fn permissions_help() -> String {
    format!(
        "What it allows; repeat for several: {}. Without any: {}",
        Permission::NAMES.join(", "),
        Permission::READ_ONLY.iter().map(|permission| permission.as_str()).collect::<Vec<_>>().join(", ")
    )
}
