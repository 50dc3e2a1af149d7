//! Tables: columns of equal length, each of one type.

/// A column.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// Whole numbers.
    Int(Vec<i64>),
    /// Whole numbers, some of them missing.
    OptionalInt(Vec<Option<i64>>),
    /// Points in time, UTC nanoseconds.
    Time(Vec<i64>),
    /// Numbers.
    Number(Vec<f64>),
    /// Numbers, some of them missing.
    Optional(Vec<Option<f64>>),
    /// Texts; the empty one stands for none.
    Text(Vec<String>),
}

/// Columns of equal length with their names.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    /// The columns, in their order.
    pub columns: Vec<(&'static str, Column)>,
}

impl Column {
    /// How many values it has, missing ones included.
    pub const fn len(&self) -> usize {
        match self {
            Self::Int(values) | Self::Time(values) => values.len(),
            Self::OptionalInt(values) => values.len(),
            Self::Number(values) => values.len(),
            Self::Optional(values) => values.len(),
            Self::Text(values) => values.len(),
        }
    }

    /// Whether it has none.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Table {
    /// How many rows it has.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |(_, column)| column.len())
    }
}
