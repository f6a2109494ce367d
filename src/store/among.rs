//! `column is one of these`, as a statement that is the same for any number of values: a database prepares it once.

use diesel::{
    AppearsOnTable, Expression, QueryResult, SelectableExpression,
    expression::{ValidGrouping, is_aggregate},
    pg::Pg,
    query_builder::{AstPass, QueryFragment, QueryId},
    sql_types::{Array, Bool, Text},
    sqlite::Sqlite,
};

/// True of rows whose `column` is one of these texts.
pub fn among<C>(column: C, values: &[impl ToString]) -> Among<C> {
    let values: Vec<String> = values.iter().map(ToString::to_string).collect();
    let json = serde_json::Value::from(values.as_slice()).to_string();
    Among { column, values, json }
}

/// See [`among`].
#[derive(Clone, Debug)]
pub struct Among<C> {
    column: C,
    values: Vec<String>,
    /// The values again, as SQLite takes them: a list in JSON.
    json: String,
}

impl<C: Expression> Expression for Among<C> {
    type SqlType = Bool;
}

impl<C: AppearsOnTable<T>, T> AppearsOnTable<T> for Among<C> {}

impl<C: SelectableExpression<T>, T> SelectableExpression<T> for Among<C> {}

impl<C, G> ValidGrouping<G> for Among<C> {
    type IsAggregate = is_aggregate::Never;
}

impl<C: QueryId> QueryId for Among<C> {
    type QueryId = Among<C::QueryId>;
    const HAS_STATIC_QUERY_ID: bool = C::HAS_STATIC_QUERY_ID;
}

impl<C: QueryFragment<Sqlite>> QueryFragment<Sqlite> for Among<C> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        self.column.walk_ast(out.reborrow())?;
        out.push_sql(" IN (SELECT value FROM json_each(");
        out.push_bind_param::<Text, _>(&self.json)?;
        out.push_sql("))");
        Ok(())
    }
}

impl<C: QueryFragment<Pg>> QueryFragment<Pg> for Among<C> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.column.walk_ast(out.reborrow())?;
        out.push_sql(" = ANY(");
        out.push_bind_param::<Array<Text>, _>(&self.values)?;
        out.push_sql(")");
        Ok(())
    }
}
