//! Tables of a few column types, to Parquet and back.

use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::{Compression, ZstdLevel};
use parquet::column::reader::ColumnReader;
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::{ParquetError, Result};
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::parser::parse_message_type;

/// One column, without missing values unless it says so.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Column {
    Int(Vec<i64>),
    Number(Vec<f64>),
    /// `None` is stored as null.
    Optional(Vec<Option<f64>>),
    Text(Vec<String>),
}

impl Column {
    fn declaration(&self, name: &str) -> String {
        match self {
            Self::Int(_) => format!("required int64 {name};"),
            Self::Number(_) => format!("required double {name};"),
            Self::Optional(_) => format!("optional double {name};"),
            Self::Text(_) => format!("required binary {name} (UTF8);"),
        }
    }

    fn write(&self, writer: &mut SerializedColumnWriter<'_>) -> Result<usize> {
        match self {
            Self::Int(values) => writer.typed::<Int64Type>().write_batch(values, None, None),
            Self::Number(values) => writer.typed::<DoubleType>().write_batch(values, None, None),
            Self::Optional(values) => {
                let present: Vec<f64> = values.iter().flatten().copied().collect();
                let levels: Vec<i16> = values.iter().map(|v| i16::from(v.is_some())).collect();
                writer.typed::<DoubleType>().write_batch(&present, Some(&levels), None)
            }
            Self::Text(values) => {
                let bytes: Vec<ByteArray> = values.iter().map(|v| v.as_str().into()).collect();
                writer.typed::<ByteArrayType>().write_batch(&bytes, None, None)
            }
        }
    }
}

/// Columns of equal length with their names, as one Parquet file.
pub(crate) fn encode(columns: &[(&str, Column)]) -> Result<Vec<u8>> {
    let fields: String = columns.iter().map(|(name, column)| column.declaration(name)).collect();
    let schema = Arc::new(parse_message_type(&format!("message tapedeck {{ {fields} }}"))?);
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_created_by("tapedeck".to_owned())
        .build();
    let mut file = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties))?;
    let mut group = file.next_row_group()?;
    for (_, column) in columns {
        let mut writer = group.next_column()?.ok_or_else(|| malformed("a column too many"))?;
        column.write(&mut writer)?;
        writer.close()?;
    }
    group.close()?;
    file.into_inner()
}

/// The columns of a file, in the order of the file.
pub(crate) fn decode(content: Bytes) -> Result<Vec<Column>> {
    let file = SerializedFileReader::new(content)?;
    let schema = file.metadata().file_metadata().schema_descr_ptr();
    let mut columns: Vec<Option<Column>> = vec![None; schema.num_columns()];
    for g in 0..file.num_row_groups() {
        let group = file.get_row_group(g)?;
        let rows = usize::try_from(group.metadata().num_rows())
            .map_err(|_| malformed("a negative number of rows"))?;
        for (k, column) in columns.iter_mut().enumerate() {
            let optional = schema.column(k).max_def_level() > 0;
            let read = read_column(group.get_column_reader(k)?, rows, optional)?;
            *column = Some(match column.take() {
                Some(before) => append(before, read)?,
                None => read,
            });
        }
    }
    columns.into_iter().map(|c| c.ok_or_else(|| malformed("no row group"))).collect()
}

fn malformed(what: &str) -> ParquetError {
    ParquetError::General(what.to_owned())
}

fn append(before: Column, more: Column) -> Result<Column> {
    Ok(match (before, more) {
        (Column::Int(a), Column::Int(b)) => Column::Int([a, b].concat()),
        (Column::Number(a), Column::Number(b)) => Column::Number([a, b].concat()),
        (Column::Optional(a), Column::Optional(b)) => Column::Optional([a, b].concat()),
        (Column::Text(a), Column::Text(b)) => Column::Text([a, b].concat()),
        (Column::Int(_) | Column::Number(_) | Column::Optional(_) | Column::Text(_), _) => {
            return Err(malformed("a column changes its type"));
        }
    })
}

macro_rules! read_all {
    ($reader:expr, $rows:expr) => {{
        let mut values = Vec::with_capacity($rows);
        let mut levels = Vec::new();
        let mut done = 0;
        while done < $rows {
            let (records, _, _) =
                $reader.read_records($rows - done, Some(&mut levels), None, &mut values)?;
            if records == 0 {
                return Err(malformed("fewer rows than announced"));
            }
            done += records;
        }
        (values, levels)
    }};
}

fn read_column(reader: ColumnReader, rows: usize, optional: bool) -> Result<Column> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "types that are never written")]
    match reader {
        ColumnReader::Int64ColumnReader(mut reader) => Ok(Column::Int(read_all!(reader, rows).0)),
        ColumnReader::DoubleColumnReader(mut reader) => {
            let (values, levels) = read_all!(reader, rows);
            if !optional {
                return Ok(Column::Number(values));
            }
            let mut present = values.into_iter();
            let restored = levels.iter().map(|level| present.next_if_present(*level)).collect();
            Ok(Column::Optional(restored))
        }
        ColumnReader::ByteArrayColumnReader(mut reader) => {
            let (values, _) = read_all!(reader, rows);
            let texts = values.iter().map(|bytes| Ok(bytes.as_utf8()?.to_owned()));
            texts.collect::<Result<_>>().map(Column::Text)
        }
        _ => Err(malformed("an unknown column type")),
    }
}

trait NextIfPresent: Iterator {
    /// The next value where the definition level says that there is one.
    fn next_if_present(&mut self, level: i16) -> Option<Self::Item> {
        if level > 0 { self.next() } else { None }
    }
}

impl<I: Iterator> NextIfPresent for I {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_column_comes_back_as_it_went() {
        let columns = [
            ("a", Column::Int(vec![i64::MIN, 0, i64::MAX])),
            ("b", Column::Number(vec![0.1, -0.0, 1e300])),
            ("c", Column::Optional(vec![None, Some(0.1 + 0.2), None])),
            ("d", Column::Text(vec![String::new(), "ä".into(), "x".into()])),
        ];
        let read = decode(encode(&columns).unwrap().into()).unwrap();
        assert_eq!(read, columns.map(|(_, column)| column));
    }

    #[test]
    fn a_table_without_rows_comes_back_empty() {
        let columns = [("a", Column::Int(vec![])), ("c", Column::Optional(vec![]))];
        let read = decode(encode(&columns).unwrap().into()).unwrap();
        assert_eq!(read, columns.map(|(_, column)| column));
    }

    #[test]
    fn what_is_no_parquet_file_is_an_error() {
        assert!(decode(Bytes::from_static(b"PAR1 nonsense PAR1")).is_err());
    }
}
