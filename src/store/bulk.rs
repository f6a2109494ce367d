//! Writes many rows, each database in the way it is fastest at: SQLite by a prepared statement, once for each row;
//! PostgreSQL by one statement with an array for each column, which is the same for any number of rows.

use diesel::{
    QueryResult, RunQueryDsl,
    backend::Backend,
    query_builder::{AstPass, QueryFragment, QueryId},
    sql_types::{BigInt, Binary, Bool, Nullable, SqlType, Text, Timestamp},
};

/// Inserts `rows` into a table, and says how many were written. Its columns follow with their types; a row has a field
/// for each, of the same name. `then` is what the statement ends with, always the same for a table.
macro_rules! insert_rows {
    ($link:expr, $table:ident, $rows:expr, $then:expr, { $($column:ident: $type:ty),+ $(,)? }) => {
        match &mut $link {
            $crate::store::Link::Sqlite(connection) => {
                let (then, mut written) = ($then, 0);
                for row in $rows {
                    let insert = diesel::insert_into($table::table).values(row);
                    written += $crate::store::bulk::Insert { insert, then: &then }.execute(*connection)?;
                }
                written
            }
            $crate::store::Link::Postgres(connection) => {
                if $rows.is_empty() {
                    0
                } else {
                    let columns = [$((stringify!($column), <$type as $crate::store::bulk::Named>::NAME)),+];
                    diesel::sql_query($crate::store::bulk::insert_arrays(stringify!($table), &columns, &$then))
                        $(.bind::<diesel::sql_types::Array<$type>, _>(
                            $rows.iter().map(|row| &row.$column).collect::<Vec<_>>()
                        ))+
                        .execute(*connection)?
                }
            }
        }
    };
}
pub(super) use insert_rows;

/// A type of a column as PostgreSQL calls it.
pub trait Named {
    /// Its name.
    const NAME: &'static str;
}

impl Named for Text {
    const NAME: &'static str = "text";
}

impl Named for BigInt {
    const NAME: &'static str = "bigint";
}

impl Named for Bool {
    const NAME: &'static str = "boolean";
}

impl Named for Binary {
    const NAME: &'static str = "bytea";
}

impl Named for Timestamp {
    const NAME: &'static str = "timestamp";
}

impl<T: Named + SqlType> Named for Nullable<T> {
    const NAME: &'static str = T::NAME;
}

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

/// An insert with what it ends with. Diesel prepares its own `ON CONFLICT DO UPDATE` anew for each row.
pub struct Insert<'t, I> {
    pub insert: I,
    pub then: &'t str,
}

impl<I: QueryFragment<B>, B: Backend> QueryFragment<B> for Insert<'_, I> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, B>) -> QueryResult<()> {
        self.insert.walk_ast(out.reborrow())?;
        out.push_sql(" ");
        out.push_sql(self.then);
        Ok(())
    }
}

impl<I: QueryId> QueryId for Insert<'_, I> {
    type QueryId = Insert<'static, I::QueryId>;
    const HAS_STATIC_QUERY_ID: bool = I::HAS_STATIC_QUERY_ID;
}

impl<I, C> RunQueryDsl<C> for Insert<'_, I> {}
