use tapedeck_domain::indicator::Indicator;
use tapedeck_domain::rules::{Condition, Group, Node, Op, Operand, Resolved};

use super::kernel::{ABOVE, BELOW, TIED};
use super::{Code, Pair, Program, Step, flag};

pub(super) fn compile(rules: &Resolved) -> Program {
    let (indicators, history) = (Vec::new(), Vec::new());
    let (pairs, crosses, groups) = (Vec::new(), Vec::new(), Vec::new());
    let program = Program { indicators, history, pairs, crosses, groups };
    let mut compiler = Compiler { rules, program };
    let groups = [
        (&rules.entry, flag::ENTRY),
        (&rules.exit, flag::EXIT),
        (&rules.entry_short, flag::ENTRY_SHORT),
        (&rules.exit_short, flag::EXIT_SHORT),
    ];
    for (group, flag) in groups {
        if let Some(group) = group {
            let code = compiler.code(group, flag);
            compiler.program.groups.push(code);
        }
    }
    compiler.program
}

struct Compiler<'a> {
    rules: &'a Resolved,
    program: Program,
}

impl Compiler<'_> {
    fn code(&mut self, group: &Group<Operand>, flag: u8) -> Code {
        let (mut steps, mut defined) = (Vec::new(), Vec::new());
        self.group(group, &mut steps, &mut defined);
        // What is not defined has no relation, so a conjunction is false by itself.
        if is_conjunction(group) {
            defined.clear();
        }
        defined.sort_unstable();
        defined.dedup();
        Code { flag, steps, defined }
    }

    fn group(&mut self, group: &Group<Operand>, steps: &mut Vec<Step>, defined: &mut Vec<usize>) {
        for (i, node) in group.nodes().iter().enumerate() {
            match node {
                Node::Group(inner) => self.group(inner, steps, defined),
                Node::Condition(condition) => self.condition(condition, steps, defined),
            }
            match group {
                Group::All(_) if i > 0 => steps.push(Step::And),
                Group::Any(_) if i > 0 => steps.push(Step::Or),
                Group::Not(_) => steps.push(Step::Not),
                Group::All(_) | Group::Any(_) => {}
            }
        }
    }

    fn condition(
        &mut self,
        condition: &Condition<Operand>,
        steps: &mut Vec<Step>,
        defined: &mut Vec<usize>,
    ) {
        let (left, right) = (self.operand(condition.left), self.operand(condition.right));
        let pair = index_of(&mut self.program.pairs, Pair { left, right });
        defined.push(pair);
        let relation = |mask| Step::Relation { pair, mask };
        steps.push(match condition.op {
            Op::Gt => relation(ABOVE),
            Op::Gte => relation(ABOVE | TIED),
            Op::Lt => relation(BELOW),
            Op::Lte => relation(BELOW | TIED),
            Op::CrossesAbove => self.cross(pair, ABOVE),
            Op::CrossesBelow => self.cross(pair, BELOW),
        });
    }

    fn cross(&mut self, pair: usize, mask: u8) -> Step {
        Step::Cross { cross: index_of(&mut self.program.crosses, pair), mask }
    }

    /// The same operand, by the index of the program.
    fn operand(&mut self, operand: Operand) -> Operand {
        let Operand::Output { indicator, output, bars_ago } = operand else { return operand };
        let Some((_, needed)) = self.rules.indicators.get(indicator) else { return operand };
        let indicator = self.indicator(needed);
        self.program.history[indicator] = self.program.history[indicator].max(bars_ago);
        Operand::Output { indicator, output, bars_ago }
    }

    fn indicator(&mut self, needed: &Indicator) -> usize {
        let index = index_of(&mut self.program.indicators, *needed);
        self.program.history.resize(self.program.indicators.len(), 0);
        index
    }
}

fn index_of<T: PartialEq>(all: &mut Vec<T>, one: T) -> usize {
    let found = all.iter().position(|known| *known == one);
    found.unwrap_or_else(|| {
        all.push(one);
        all.len() - 1
    })
}

/// Whether it holds only where every condition in it holds.
fn is_conjunction(group: &Group<Operand>) -> bool {
    let joined = match group {
        Group::All(_) => true,
        Group::Any(nodes) => nodes.len() == 1,
        Group::Not(_) => false,
    };
    joined
        && group.nodes().iter().all(|node| match node {
            Node::Group(inner) => is_conjunction(inner),
            Node::Condition(_) => true,
        })
}
