//! The statistics of a run, from the one table that defines them.

use tapedeck_domain::metrics::{Definition, RunFigures, TradeFigures, Unit};
use utoipa::openapi::schema::{AdditionalProperties, SchemaType};
use utoipa::openapi::{ObjectBuilder, Ref, RefOr, Schema, schema::Type};
use utoipa::{PartialSchema, ToSchema};

use super::execution::{Check, Intrabar};
use super::rows::OpenTrade;

/// All statistics.
pub(super) struct Metrics;

/// Those of the trades of one side.
struct SideMetrics;

impl PartialSchema for Metrics {
    fn schema() -> RefOr<Schema> {
        let time = || ObjectBuilder::new().schema_type(Type::String).build();
        let all = RunFigures::DEFINITIONS.iter().chain(TradeFigures::DEFINITIONS);
        let partial = ObjectBuilder::new()
            .schema_type(Type::Boolean)
            .description(Some("Only on runs that did not succeed."));
        let open_trade = utoipa::schema!(Option<OpenTrade>);
        figures(all)
            .description(Some(
                "One flat object; a figure without a value is `null`, and `undefined` says why.",
            ))
            .property("start", time())
            .property("end", time())
            .property("periods_per_year", ObjectBuilder::new().schema_type(Type::Integer))
            .property("long", Ref::from_schema_name("SideMetrics"))
            .property("short", Ref::from_schema_name("SideMetrics"))
            .property("open_trade", open_trade)
            .property("envelope", utoipa::schema!(Option<Envelope>))
            .property("checks", utoipa::schema!(Vec<CheckResult>))
            .property("chain", Chain::schema())
            .property("partial", partial)
            .required("start")
            .required("end")
            .required("periods_per_year")
            .required("long")
            .required("short")
            .required("open_trade")
            .required("envelope")
            .required("checks")
            .required("chain")
            .into()
    }
}

impl ToSchema for Metrics {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push(("SideMetrics".to_owned(), SideMetrics::schema()));
        schemas.push(("OpenTrade".to_owned(), OpenTrade::schema()));
        OpenTrade::schemas(schemas);
        schemas.push(("Envelope".to_owned(), Envelope::schema()));
        Envelope::schemas(schemas);
        schemas.push(("CheckResult".to_owned(), CheckResult::schema()));
        CheckResult::schemas(schemas);
    }
}

/// The same run under each assumption about the way of prices inside bars that touch stop and
/// target alike: between these values lies the truth.
#[derive(ToSchema)]
struct Envelope {
    end_equity: Interval,
    max_drawdown: Interval,
    runs: Vec<EnvelopePoint>,
}

/// From the lowest to the highest value.
#[derive(ToSchema)]
struct Interval {
    low: f64,
    high: f64,
}

/// The result under one assumption.
#[derive(ToSchema)]
struct EnvelopePoint {
    intrabar: Intrabar,
    /// Equity at the last close.
    end_equity: f64,
    /// Largest fall from a peak, as a fraction of it.
    max_drawdown: f64,
}

/// What a check found.
#[derive(ToSchema)]
struct CheckResult {
    check: Check,
    /// Whether nothing was found.
    passed: bool,
    /// How often it looked.
    samples: u32,
    /// The bar of the first finding.
    #[schema(required)]
    first_bar: Option<u64>,
    /// What was found, in a sentence.
    detail: String,
}

/// SHA-256 over each block of bars and the hash of the block before.
#[derive(ToSchema)]
struct Chain {
    /// Bars of a block.
    block_bars: u32,
    /// Blocks of the run.
    blocks: u64,
    /// The hash of all blocks.
    #[schema(required)]
    head: Option<String>,
}

impl PartialSchema for SideMetrics {
    fn schema() -> RefOr<Schema> {
        figures(TradeFigures::DEFINITIONS.iter())
            .description(Some("Figures of the closed trades of one side."))
            .into()
    }
}

/// An object with these figures, and the reasons of those that have no value.
pub(super) fn figures(definitions: impl Iterator<Item = &'static Definition>) -> ObjectBuilder {
    let reasons = ObjectBuilder::new()
        .description(Some("Why a figure is `null`, by its key."))
        .additional_properties(Some(AdditionalProperties::RefOr(
            ObjectBuilder::new().schema_type(Type::String).into(),
        )));
    let object = ObjectBuilder::new().property("undefined", reasons).required("undefined");
    definitions.fold(object, |object, definition| {
        object.property(definition.key, figure(definition)).required(definition.key)
    })
}

fn figure(definition: &Definition) -> ObjectBuilder {
    let unit = match definition.unit {
        Unit::Count => "a count",
        Unit::Bars => "bars",
        Unit::Money => "money",
        Unit::Fraction => "a fraction",
        Unit::Ratio => "a ratio",
    };
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::Number, Type::Null]))
        .description(Some(format!("{} ({unit})", definition.formula)))
}
