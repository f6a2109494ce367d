//! Writes many rows, each database in the way it is fastest at: SQLite by a prepared statement, once for each row;
//! PostgreSQL by one statement with an array for each column, which is the same for any number of rows.

use diesel::{
    QueryResult, RunQueryDsl,
    backend::Backend,
    query_builder::{AstPass, QueryFragment, QueryId},
};

/// Writes `rows`. `|row| one` is the statement for a row on SQLite; `all` the same on PostgreSQL, where `$1`, `$2`, … are
/// arrays of the values that are listed with their types, each in terms of `row`.
macro_rules! write_rows {
    ($link:expr, $rows:expr, |$row:ident| $one:expr, $all:expr, [$($type:ty: $value:expr),+ $(,)?]) => {
        match &mut $link {
            $crate::store::Link::Sqlite(connection) => {
                for $row in $rows {
                    $crate::store::bulk::Prepared($one).execute(*connection)?;
                }
            }
            $crate::store::Link::Postgres(connection) => {
                if !$rows.is_empty() {
                    diesel::sql_query($all)
                        $(.bind::<diesel::sql_types::Array<$type>, _>($rows.iter().map(|$row| $value).collect::<Vec<_>>()))+
                        .execute(*connection)?;
                }
            }
        }
    };
}
pub(super) use write_rows;

/// `INSERT INTO table (columns) SELECT * FROM unnest(arrays) …`, with what follows.
pub fn insert_arrays(table: &str, columns: &[(&str, &str)], then: &str) -> String {
    let names: Vec<String> = columns.iter().map(|(name, _)| format!("\"{name}\"")).collect();
    let arrays: Vec<String> = columns.iter().enumerate().map(|(at, (_, of))| format!("${}::{of}[]", at + 1)).collect();
    format!("INSERT INTO {table} ({}) SELECT * FROM unnest({}) {then}", names.join(", "), arrays.join(", "))
}

/// `ON CONFLICT (key) DO UPDATE SET …` for these columns.
pub fn on_conflict_replace(key: &str, columns: &[&str]) -> String {
    let replaced: Vec<String> = columns.iter().map(|name| format!("\"{name}\" = excluded.\"{name}\"")).collect();
    format!("ON CONFLICT ({key}) DO UPDATE SET {}", replaced.join(", "))
}

/// A statement that is the same text for every row, so that it is prepared once; diesel cannot tell that of `ON CONFLICT
/// DO UPDATE`.
pub struct Prepared<Q>(pub Q);

impl<Q, B: Backend> QueryFragment<B> for Prepared<Q>
where
    Q: QueryFragment<B>,
{
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, B>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, _: &B) -> QueryResult<bool> {
        Ok(true)
    }
}

impl<Q> QueryId for Prepared<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q, C> RunQueryDsl<C> for Prepared<Q> {}
