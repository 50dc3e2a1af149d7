//! Tables of a few column types, to Parquet and back.

use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::{Compression, LogicalType, ZstdLevel};
use parquet::column::reader::ColumnReader;
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::{ParquetError, Result};
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::parser::parse_message_type;
use tapedeck_domain::port::{StorageError, TableEncoder};
use tapedeck_domain::table::{Column, Table};

fn declaration(name: &str, column: &Column) -> String {
    match column {
        Column::Int(_) => format!("required int64 {name};"),
        Column::OptionalInt(_) => format!("optional int64 {name};"),
        Column::Time(_) => format!("required int64 {name} (TIMESTAMP(NANOS,true));"),
        Column::Number(_) => format!("required double {name};"),
        Column::Optional(_) => format!("optional double {name};"),
        Column::Text(_) => format!("required binary {name} (UTF8);"),
    }
}

fn write(column: &Column, writer: &mut SerializedColumnWriter<'_>) -> Result<usize> {
    match column {
        Column::Int(values) | Column::Time(values) => {
            writer.typed::<Int64Type>().write_batch(values, None, None)
        }
        Column::OptionalInt(values) => {
            let (present, levels) = split(values);
            writer.typed::<Int64Type>().write_batch(&present, Some(&levels), None)
        }
        Column::Number(values) => writer.typed::<DoubleType>().write_batch(values, None, None),
        Column::Optional(values) => {
            let (present, levels) = split(values);
            writer.typed::<DoubleType>().write_batch(&present, Some(&levels), None)
        }
        Column::Text(values) => {
            let bytes: Vec<ByteArray> = values.iter().map(|v| v.as_str().into()).collect();
            writer.typed::<ByteArrayType>().write_batch(&bytes, None, None)
        }
    }
}

/// The values that are there, and the definition level of each row.
fn split<T: Copy>(values: &[Option<T>]) -> (Vec<T>, Vec<i16>) {
    let levels = values.iter().map(|value| i16::from(value.is_some())).collect();
    (values.iter().flatten().copied().collect(), levels)
}

/// Writes tables as Parquet.
pub struct ParquetTables;

impl TableEncoder for ParquetTables {
    fn encode(&self, table: &Table) -> std::result::Result<Vec<u8>, StorageError> {
        encode(&table.columns).map_err(StorageError::corrupt)
    }
}

/// Columns of equal length with their names, as one Parquet file.
pub(crate) fn encode(columns: &[(&str, Column)]) -> Result<Vec<u8>> {
    let fields: String = columns.iter().map(|(name, column)| declaration(name, column)).collect();
    let schema = Arc::new(parse_message_type(&format!("message tapedeck {{ {fields} }}"))?);
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_created_by("tapedeck".to_owned())
        .build();
    let mut file = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties))?;
    let mut group = file.next_row_group()?;
    for (_, column) in columns {
        let mut writer = group.next_column()?.ok_or_else(|| malformed("a column too many"))?;
        write(column, &mut writer)?;
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
            let descriptor = schema.column(k);
            let optional = descriptor.max_def_level() > 0;
            let is_time =
                matches!(descriptor.logical_type_ref(), Some(LogicalType::Timestamp { .. }));
            let reader = group.get_column_reader(k)?;
            let read = read_column(reader, rows, optional, is_time)?;
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
        (Column::OptionalInt(a), Column::OptionalInt(b)) => Column::OptionalInt([a, b].concat()),
        (Column::Time(a), Column::Time(b)) => Column::Time([a, b].concat()),
        (Column::Number(a), Column::Number(b)) => Column::Number([a, b].concat()),
        (Column::Optional(a), Column::Optional(b)) => Column::Optional([a, b].concat()),
        (Column::Text(a), Column::Text(b)) => Column::Text([a, b].concat()),
        (_, _) => {
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

fn read_column(reader: ColumnReader, rows: usize, optional: bool, is_time: bool) -> Result<Column> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "types that are never written")]
    match reader {
        ColumnReader::Int64ColumnReader(mut reader) => {
            let (values, levels) = read_all!(reader, rows);
            Ok(match (is_time, optional) {
                (true, _) => Column::Time(values),
                (false, false) => Column::Int(values),
                (false, true) => Column::OptionalInt(restore(values, &levels)),
            })
        }
        ColumnReader::DoubleColumnReader(mut reader) => {
            let (values, levels) = read_all!(reader, rows);
            if !optional {
                return Ok(Column::Number(values));
            }
            Ok(Column::Optional(restore(values, &levels)))
        }
        ColumnReader::ByteArrayColumnReader(mut reader) => {
            let (values, _) = read_all!(reader, rows);
            let texts = values.iter().map(|bytes| Ok(bytes.as_utf8()?.to_owned()));
            texts.collect::<Result<_>>().map(Column::Text)
        }
        _ => Err(malformed("an unknown column type")),
    }
}

/// Puts the values that are there back into their rows.
fn restore<T>(present: Vec<T>, levels: &[i16]) -> Vec<Option<T>> {
    let mut present = present.into_iter();
    levels.iter().map(|level| if *level > 0 { present.next() } else { None }).collect()
}

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
            ("e", Column::OptionalInt(vec![Some(i64::MIN), None, Some(7)])),
            ("f", Column::Time(vec![-1, 0, 1_704_067_200_000_000_001])),
        ];
        let read = decode(encode(&columns).unwrap().into()).unwrap();
        assert_eq!(read, columns.map(|(_, column)| column));
    }

    #[test]
    fn other_readers_see_names_and_times_as_such() {
        let columns = vec![
            ("time", Column::Time(vec![1])),
            ("price", Column::Number(vec![0.1])),
            ("note", Column::Text(vec!["x".into()])),
        ];
        let table = Table { columns };
        let bytes = ParquetTables.encode(&table).unwrap();
        assert_eq!(bytes, ParquetTables.encode(&table).unwrap(), "equal tables, equal bytes");
        let file = SerializedFileReader::new(Bytes::from(bytes)).unwrap();
        let schema = file.metadata().file_metadata().schema_descr_ptr();
        let names: Vec<&str> = schema.columns().iter().map(|column| column.name()).collect();
        assert_eq!(names, ["time", "price", "note"]);
        let column = schema.column(0);
        let kind = column.logical_type_ref();
        assert!(
            matches!(kind, Some(LogicalType::Timestamp(kind)) if kind.is_adjusted_to_u_t_c),
            "{kind:?}"
        );
        let rows: Vec<_> = file.get_row_iter(None).unwrap().map(|row| row.unwrap()).collect();
        assert_eq!(rows.len(), 1);
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
