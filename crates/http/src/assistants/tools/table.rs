//! The tools, one after the other.

use rmcp::model::JsonObject;
use serde_json::Value;
use tapedeck_domain::access::Scope;
use tapedeck_domain::id::BacktestId;

use super::arguments::{Arguments, Field, Kind, schema};
use super::call::{Call, Rows};
use super::schemas::described;
use super::{Effect, Tool};
use crate::paging::Paging;
use crate::problem::{Code, Problem};
use crate::wire::{Refusal, parse_backtest, parse_sweep, parse_validation};

const NOTHING: &[Field] = &[];
const LIST: &[Field] = &[limit(100, 50), CURSOR];
const DATASET: &[Field] = &[text("dataset_id", "The dataset, by its id.")];
const STRATEGY: &[Field] = &[
    text("strategy_id", "The strategy, by its id."),
    whole("strategy_version", 1, u32::MAX as u64, None, "The newest when nothing is said."),
];
const BACKTEST: &[Field] = &[BACKTEST_ID];
const WAIT: &[Field] = &[BACKTEST_ID, WAIT_MS];
const TRADES: &[Field] = &[BACKTEST_ID, limit(200, 50), CURSOR];
const EQUITY: &[Field] = &[
    BACKTEST_ID,
    whole("max_points", 2, 500, Some(100), "Points at most; the extremes are among them."),
];
const SWEEP: &[Field] = &[SWEEP_ID];
const SWEEP_WAIT: &[Field] = &[SWEEP_ID, whole("wait_ms", 0, 30_000, Some(0), WAITING)];
const SWEEP_ROWS: &[Field] = &[SWEEP_ID, limit(50, 10), CURSOR];

const BACKTEST_ID: Field = text("backtest_id", "The backtest, by the `id` of its submission.");
const SWEEP_ID: Field = text("sweep_id", "The sweep, by the `id` of its submission.");
const WAITING: &str = "How long to wait for the end, in milliseconds.";
const WAIT_MS: Field = whole("wait_ms", 0, 30_000, Some(20_000), WAITING);
const CURSOR: Field = Field {
    name: "cursor",
    kind: Kind::OptionalText,
    description: "The `next_cursor` of the answer before, for the rows after it.",
};

/// All of them, in the order in which a backtest needs them.
pub(in super::super) const TOOLS: &[Tool] = &[
    Tool {
        name: "list_datasets",
        title: "List datasets",
        description: "The datasets that backtests can run on, by id: what was traded, the time \
            from bar to bar, the range that is covered, and how many bars there are. \
            `next_cursor` is null on the last page.",
        scope: Scope::Read,
        effect: Effect::Reads,
        schema: || schema(LIST),
        read: |given, _| Ok(Call::ListDatasets(rows(&Arguments::read(given, LIST)?)?)),
    },
    Tool {
        name: "describe_dataset",
        title: "Describe a dataset",
        description: "One dataset: its range (`from` and `to`, both included), interval, number \
            of bars, content hash, and what was found wrong with its bars (`warnings`).",
        scope: Scope::Read,
        effect: Effect::Reads,
        schema: || schema(DATASET),
        read: |given, _| {
            let arguments = Arguments::read(given, DATASET)?;
            let id = arguments.text("dataset_id").parse();
            Ok(Call::DescribeDataset(id.map_err(|_| Refusal::DatasetNotFound)?))
        },
    },
    Tool {
        name: "list_strategies",
        title: "List strategies",
        description: "The strategies that can be run: those that users stored, newest first, \
            then those that came with the server. `schema` is a JSON Schema of the parameters, \
            with their ranges and defaults; `summary` says in words what the strategy does at \
            its defaults.",
        scope: Scope::Read,
        effect: Effect::Reads,
        schema: || schema(LIST),
        read: |given, _| Ok(Call::ListStrategies(rows(&Arguments::read(given, LIST)?)?)),
    },
    Tool {
        name: "describe_strategy",
        title: "Describe a strategy",
        description: "One version of a strategy: the schema of its parameters, what it does in \
            words, and its `definition`, which for rules can be changed and submitted as `rules`.",
        scope: Scope::Read,
        effect: Effect::Reads,
        schema: || schema(STRATEGY),
        read: |given, _| {
            let arguments = Arguments::read(given, STRATEGY)?;
            let id = arguments.text("strategy_id").parse();
            let version = arguments.whole("strategy_version").and_then(|n| u32::try_from(n).ok());
            Ok(Call::DescribeStrategy(id.map_err(|_| Refusal::StrategyNotFound)?, version))
        },
    },
    Tool {
        name: "rules_schema",
        title: "The language of rules",
        description: "A JSON Schema of rule sets: indicators, conditions, entries and exits. \
            Read it before writing `rules`.",
        scope: Scope::Read,
        effect: Effect::Reads,
        schema: || schema(NOTHING),
        read: |given, _| {
            Arguments::read(given, NOTHING).map(|_| Call::RulesSchema).map_err(Into::into)
        },
    },
    Tool {
        name: "validate_rules",
        title: "Check rules",
        description: "Checks a rule set (`definition`) without running or keeping it. `valid` \
            says whether it can be run, `summary` what it does in words, `errors` names every \
            fault by a JSON pointer, and `warnings` what is allowed and hardly meant.",
        scope: Scope::Run,
        effect: Effect::Reads,
        schema: || described("RulesToCheck"),
        read: |given, _| {
            let (definition, params) = parse_validation(&body(given))?;
            Ok(Call::ValidateRules(definition, params))
        },
    },
    Tool {
        name: "list_metric_definitions",
        title: "What the figures mean",
        description: "How each figure of `get_metrics` is computed: `key`, `formula`, and `unit` \
            (a ratio is a fraction: 0.25 is 25 %).",
        scope: Scope::Read,
        effect: Effect::Reads,
        schema: || schema(NOTHING),
        read: |given, _| {
            Arguments::read(given, NOTHING).map(|_| Call::ListMetricDefinitions).map_err(Into::into)
        },
    },
    Tool {
        name: "submit_backtest",
        title: "Submit a backtest",
        description: "Queues a backtest and answers at once with its `id` and `status`. Give \
            `dataset_id` and either `strategy_id` with `params`, or `rules`. Everything else has \
            a default: 100,000 of capital, one unit an entry, no costs, long only. `from` and \
            `to` must lie within the dataset's range. A submission equal to an earlier one \
            answers with that run (`deduplicated`). Then call `wait_for_backtest`.",
        scope: Scope::Run,
        effect: Effect::Adds,
        schema: || described("BacktestRequest"),
        read: |given, requester| {
            let request = parse_backtest(&body(given), requester.request_id.clone())?;
            Ok(Call::SubmitBacktest(Box::new(request)))
        },
    },
    Tool {
        name: "wait_for_backtest",
        title: "Wait for a backtest",
        description: "Waits until a backtest has ended, at most `wait_ms` (30,000 at most, \
            20,000 when nothing is said). `ended` says whether it has; where it has not, call \
            again. `backtest.status` is then one of succeeded, failed, cancelled and timed_out, \
            `backtest.metrics` the main figures, `backtest.failure` why it failed.",
        scope: Scope::Read,
        effect: Effect::Reads,
        schema: || schema(WAIT),
        read: |given, _| {
            let arguments = Arguments::read(given, WAIT)?;
            Ok(Call::WaitForBacktest(backtest(&arguments)?, wait_ms(&arguments)))
        },
    },
    Tool {
        name: "get_backtest",
        title: "Look at a backtest",
        description: "A backtest as it is now: `status`, `progress`, everything that it was \
            asked for with, and the main figures when it has succeeded.",
        scope: Scope::Read,
        effect: Effect::Reads,
        schema: || schema(BACKTEST),
        read: |given, _| {
            Ok(Call::WaitForBacktest(backtest(&Arguments::read(given, BACKTEST)?)?, 0))
        },
    },
    Tool {
        name: "cancel_backtest",
        title: "Cancel a backtest",
        description: "Ends a backtest that is queued or running; one that has ended stays as it \
            is. What it had simulated is kept.",
        scope: Scope::Run,
        effect: Effect::Ends,
        schema: || schema(BACKTEST),
        read: |given, _| Ok(Call::CancelBacktest(backtest(&Arguments::read(given, BACKTEST)?)?)),
    },
    Tool {
        name: "get_metrics",
        title: "The figures of a backtest",
        description: "Every statistic of a backtest that has ended, as one object; those of long \
            and of short trades under `long` and `short`. A figure that is not defined is null, \
            with the reason under `undefined`. `partial` says that the run was ended early.",
        scope: Scope::Read,
        effect: Effect::Reads,
        schema: || schema(BACKTEST),
        read: |given, _| Ok(Call::GetMetrics(backtest(&Arguments::read(given, BACKTEST)?)?)),
    },
    Tool {
        name: "list_trades",
        title: "The trades of a backtest",
        description: "The closed trades of a backtest that has ended, in order, a page at a \
            time: times, prices, `quantity`, `pnl` in money after commission, `return` as a \
            fraction, and `exit_reason`.",
        scope: Scope::Read,
        effect: Effect::Reads,
        schema: || schema(TRADES),
        read: |given, _| {
            let arguments = Arguments::read(given, TRADES)?;
            Ok(Call::ListTrades(backtest(&arguments)?, rows(&arguments)?))
        },
    },
    Tool {
        name: "get_equity",
        title: "The equity of a backtest",
        description: "The account over time, in money: equity, cash, position, and the drawdown \
            as a fraction. It has at most `max_points` points (100 when nothing is said): the \
            ends, and the highest and lowest of each stretch; `decimated` says whether any were \
            left out. For figures, use `get_metrics`.",
        scope: Scope::Read,
        effect: Effect::Reads,
        schema: || schema(EQUITY),
        read: |given, _| {
            let arguments = Arguments::read(given, EQUITY)?;
            let points = arguments.whole("max_points").unwrap_or_default();
            Ok(Call::GetEquity(backtest(&arguments)?, points as usize))
        },
    },
    Tool {
        name: "submit_sweep",
        title: "Submit a sweep",
        description: "Tries many values of parameters in one job and answers at once with its \
            `id`. `backtest` is what `submit_backtest` takes, without the parameters that vary; \
            `parameters` gives each of those a range or values. Then call `get_sweep` with \
            `wait_ms`.",
        scope: Scope::Run,
        effect: Effect::Adds,
        schema: || described("SweepRequest"),
        read: |given, requester| {
            let request = parse_sweep(&body(given), requester.request_id.clone())?;
            Ok(Call::SubmitSweep(Box::new(request)))
        },
    },
    Tool {
        name: "get_sweep",
        title: "Look at a sweep",
        description: "A sweep: `status`, `progress`, and, when it has ended, its `best` \
            combination and `deflated_sharpe`, the probability that the best one is better than \
            luck after so many tries. `wait_ms` waits for the end (30,000 at most); `ended` \
            says whether it has.",
        scope: Scope::Read,
        effect: Effect::Reads,
        schema: || schema(SWEEP_WAIT),
        read: |given, _| {
            let arguments = Arguments::read(given, SWEEP_WAIT)?;
            Ok(Call::WaitForSweep(sweep(&arguments)?, wait_ms(&arguments)))
        },
    },
    Tool {
        name: "list_sweep_results",
        title: "The combinations of a sweep",
        description: "The combinations that a sweep tried and that pass its filters, best first \
            by its objective, with their parameters and figures, a page at a time.",
        scope: Scope::Read,
        effect: Effect::Reads,
        schema: || schema(SWEEP_ROWS),
        read: |given, _| {
            let arguments = Arguments::read(given, SWEEP_ROWS)?;
            Ok(Call::ListSweepResults(sweep(&arguments)?, rows(&arguments)?))
        },
    },
    Tool {
        name: "cancel_sweep",
        title: "Cancel a sweep",
        description: "Ends a sweep that is queued or running; one that has ended stays as it is.",
        scope: Scope::Run,
        effect: Effect::Ends,
        schema: || schema(SWEEP),
        read: |given, _| Ok(Call::CancelSweep(sweep(&Arguments::read(given, SWEEP)?)?)),
    },
];

const fn text(name: &'static str, description: &'static str) -> Field {
    Field { name, kind: Kind::Text, description }
}

const fn whole(
    name: &'static str,
    least: u64,
    most: u64,
    default: Option<u64>,
    description: &'static str,
) -> Field {
    Field { name, kind: Kind::Whole { least, most, default }, description }
}

const fn limit(most: u64, default: u64) -> Field {
    whole("limit", 1, most, Some(default), "Rows at most; an answer may hold fewer.")
}

/// The arguments as the body of a route.
fn body(given: JsonObject) -> Vec<u8> {
    Value::Object(given).to_string().into_bytes()
}

fn backtest(arguments: &Arguments) -> Result<BacktestId, Problem> {
    let id = arguments.text("backtest_id").parse();
    id.map_err(|_| Problem::new(Code::BacktestNotFound, "no backtest has this id"))
}

fn sweep(arguments: &Arguments) -> Result<BacktestId, Problem> {
    let id = arguments.text("sweep_id").parse();
    id.map_err(|_| Problem::new(Code::NotFound, "no sweep has this id"))
}

fn wait_ms(arguments: &Arguments) -> u64 {
    arguments.whole("wait_ms").unwrap_or_default()
}

fn rows<T: std::str::FromStr>(arguments: &Arguments) -> Result<Rows<T>, Problem> {
    let limit = arguments.whole("limit").unwrap_or(1) as usize;
    let after = Paging::parse(None, arguments.given_text("cursor"))?.after()?;
    Ok(Rows { limit, after })
}
