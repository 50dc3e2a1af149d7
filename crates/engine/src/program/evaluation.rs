use std::ops::Range;

use tapedeck_domain::bars::BarView;
use tapedeck_domain::indicator::Field;
use tapedeck_domain::rules::Operand;

use super::kernel::{self, Side};
use super::{BLOCK, Code, Pair, Program, Step};

/// Where the values of indicators come from.
pub(super) trait Columns {
    /// The values of an output at bars `range`, which have been and are at most as far back as the
    /// program looks.
    fn column(&self, indicator: usize, output: usize, range: Range<usize>) -> &[f64];
}

/// The bytes of a block, and what crosses remember from block to block.
#[derive(Debug, Clone)]
pub(super) struct Evaluation {
    relations: Vec<Vec<u8>>,
    crosses: Vec<Crosses>,
    stack: Vec<Vec<u8>>,
}

#[derive(Debug, Clone)]
struct Crosses {
    last: u8,
    seen: Vec<u8>,
}

impl Evaluation {
    pub(super) fn new(program: &Program) -> Self {
        let bytes = || vec![0; BLOCK];
        let deepest = program.groups.iter().map(Code::depth).max().unwrap_or(0);
        Self {
            relations: program.pairs.iter().map(|_| bytes()).collect(),
            crosses: program.crosses.iter().map(|_| Crosses { last: 0, seen: bytes() }).collect(),
            stack: (0..deepest).map(|_| bytes()).collect(),
        }
    }

    /// The flags of bars `range`, of at most [`BLOCK`] bars.
    pub(super) fn block(
        &mut self,
        program: &Program,
        bars: BarView<'_>,
        columns: &impl Columns,
        range: Range<usize>,
        out: &mut [u8],
    ) {
        let n = range.len();
        for (pair, relations) in program.pairs.iter().zip(&mut self.relations) {
            relate(*pair, bars, columns, range.clone(), &mut relations[..n]);
        }
        for (pair, crosses) in program.crosses.iter().zip(&mut self.crosses) {
            kernel::cross(&self.relations[*pair][..n], &mut crosses.last, &mut crosses.seen[..n]);
        }
        out.fill(0);
        for code in &program.groups {
            self.group(code, n);
            kernel::set(out, &self.stack[0][..n], code.flag);
        }
    }

    /// Leaves the truth of a group at the bottom of the stack.
    fn group(&mut self, code: &Code, n: usize) {
        let mut top = 0;
        for step in &code.steps {
            let (below, above) = self.stack.split_at_mut(top);
            match *step {
                Step::Relation { pair, mask } => {
                    kernel::test(&self.relations[pair][..n], mask, &mut above[0][..n]);
                    top += 1;
                }
                Step::Cross { cross, mask } => {
                    kernel::test(&self.crosses[cross].seen[..n], mask, &mut above[0][..n]);
                    top += 1;
                }
                Step::And | Step::Or => {
                    let [.., out, other] = below else { return };
                    let join = if *step == Step::And { kernel::and } else { kernel::or };
                    join(&mut out[..n], &other[..n]);
                    top -= 1;
                }
                Step::Not => kernel::not(&mut below[top - 1][..n]),
            }
        }
        for pair in &code.defined {
            kernel::defined(&mut self.stack[0][..n], &self.relations[*pair][..n]);
        }
    }
}

impl Code {
    /// How high its stack grows.
    fn depth(&self) -> usize {
        let mut top = 0;
        let tops = self.steps.iter().map(|step| {
            match step {
                Step::Relation { .. } | Step::Cross { .. } => top += 1,
                Step::And | Step::Or => top -= 1,
                Step::Not => {}
            }
            top
        });
        tops.max().unwrap_or(0)
    }
}

/// Relates a pair at bars `range`. Where one side looks back beyond the first bar, it is not
/// defined.
fn relate(
    pair: Pair,
    bars: BarView<'_>,
    columns: &impl Columns,
    range: Range<usize>,
    out: &mut [u8],
) {
    let back = bars_ago(pair.left).max(bars_ago(pair.right));
    let from = range.start.max(back).min(range.end);
    let (undefined, out) = out.split_at_mut(from - range.start);
    undefined.fill(0);
    if out.is_empty() {
        return;
    }
    let [left, right] = [pair.left, pair.right].map(|operand| {
        let back = bars_ago(operand);
        let range = from - back..range.end - back;
        match operand {
            Operand::Number(number) => Side::Number(number),
            Operand::Field { field, .. } => Side::Column(&column(bars, field)[range]),
            Operand::Output { indicator, output, .. } => {
                Side::Column(columns.column(indicator, output, range))
            }
        }
    });
    kernel::relate(left, right, out);
}

const fn bars_ago(operand: Operand) -> usize {
    match operand {
        Operand::Number(_) => 0,
        Operand::Field { bars_ago, .. } | Operand::Output { bars_ago, .. } => bars_ago,
    }
}

/// A column of the bars.
pub(super) const fn column(bars: BarView<'_>, field: Field) -> &[f64] {
    match field {
        Field::Open => bars.open,
        Field::High => bars.high,
        Field::Low => bars.low,
        Field::Close => bars.close,
        Field::Volume => bars.volume,
    }
}
