//! Groups of conditions.

/// A group: conditions and groups with what joins them. `T` is what is compared.
#[derive(Debug, Clone, PartialEq)]
pub enum Group<T> {
    /// All of them hold.
    All(Vec<Node<T>>),
    /// At least one of them holds.
    Any(Vec<Node<T>>),
    /// It does not hold.
    Not(Box<Node<T>>),
}

/// What stands in a group.
#[derive(Debug, Clone, PartialEq)]
pub enum Node<T> {
    /// Another group.
    Group(Group<T>),
    /// A condition.
    Condition(Condition<T>),
}

/// A comparison of two values at the close of a bar.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition<T> {
    /// How they are compared.
    pub op: Op,
    /// The first.
    pub left: T,
    /// The second.
    pub right: T,
}

/// How two values are compared. Values that differ by no more than 1e-11 of the larger one are
/// equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// Above.
    Gt,
    /// Above or equal.
    Gte,
    /// Below.
    Lt,
    /// Below or equal.
    Lte,
    /// Above, and below when the two last differed.
    CrossesAbove,
    /// Below, and above when the two last differed.
    CrossesBelow,
}

impl Op {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Gt, Self::Gte, Self::Lt, Self::Lte, Self::CrossesAbove, Self::CrossesBelow];

    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gt => "gt",
            Self::Gte => "gte",
            Self::Lt => "lt",
            Self::Lte => "lte",
            Self::CrossesAbove => "crosses_above",
            Self::CrossesBelow => "crosses_below",
        }
    }

    /// As it is said.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Gt => "is above",
            Self::Gte => "is at least",
            Self::Lt => "is below",
            Self::Lte => "is at most",
            Self::CrossesAbove => "crosses above",
            Self::CrossesBelow => "crosses below",
        }
    }
}

impl<T> Group<T> {
    /// As it is written.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::All(_) => "all",
            Self::Any(_) => "any",
            Self::Not(_) => "not",
        }
    }

    /// What stands in it.
    pub fn nodes(&self) -> &[Node<T>] {
        match self {
            Self::All(nodes) | Self::Any(nodes) => nodes,
            Self::Not(node) => std::slice::from_ref(node),
        }
    }

    /// The same group of other values, or the first error. It is at most 16 deep.
    pub(super) fn try_map<U, E>(
        &self,
        map: &mut impl FnMut(&T) -> Result<U, E>,
    ) -> Result<Group<U>, E> {
        let mut all = |nodes: &[Node<T>]| -> Result<Vec<Node<U>>, E> {
            nodes.iter().map(|node| node.try_map(map)).collect()
        };
        Ok(match self {
            Self::All(nodes) => Group::All(all(nodes)?),
            Self::Any(nodes) => Group::Any(all(nodes)?),
            Self::Not(node) => Group::Not(Box::new(node.try_map(map)?)),
        })
    }
}

impl<T> Node<T> {
    fn try_map<U, E>(&self, map: &mut impl FnMut(&T) -> Result<U, E>) -> Result<Node<U>, E> {
        Ok(match self {
            Self::Group(group) => Node::Group(group.try_map(map)?),
            Self::Condition(Condition { op, left, right }) => {
                Node::Condition(Condition { op: *op, left: map(left)?, right: map(right)? })
            }
        })
    }
}
