//! An expression as the generator makes it.

mod write;

pub(crate) use write::{Plain, Style, write_quoted};

/// A part of an expression. It knows nothing of the tree in `src/`, so that neither can copy the other's mistakes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Tree {
    Number(String),
    Text(String),
    Truth(bool),
    Null,
    /// A name that begins a path.
    Root(String),
    /// `.name` or `.` in a filter.
    Relative(Option<String>),
    Member(Box<Tree>, String),
    /// `a[b]`
    Element(Box<Tree>, Box<Tree>),
    /// `a[.b]`
    Filter(Box<Tree>, Box<Tree>),
    Not(Box<Tree>),
    Minus(Box<Tree>),
    Binary(&'static str, Box<Tree>, Box<Tree>),
    Ternary(Box<Tree>, Box<Tree>, Box<Tree>),
    Elvis(Box<Tree>, Box<Tree>),
    Array(Vec<Tree>),
    Object(Vec<(Key, Tree)>),
    Transform(Box<Tree>, &'static str, Vec<Tree>),
    /// `{{ a }}`
    Wrapped(Box<Tree>),
}

/// The key of an object, as it is written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Key {
    Name(String),
    Quoted(String),
}

impl Key {
    fn name(&self) -> &str {
        match self {
            Self::Name(name) | Self::Quoted(name) => name,
        }
    }
}

impl Tree {
    /// The parts right below, in the order of the text.
    pub(crate) fn children(&self) -> Vec<&Tree> {
        match self {
            Self::Number(_)
            | Self::Text(_)
            | Self::Truth(_)
            | Self::Null
            | Self::Root(_)
            | Self::Relative(_) => Vec::new(),
            Self::Member(inner, _)
            | Self::Not(inner)
            | Self::Minus(inner)
            | Self::Wrapped(inner) => vec![inner],
            Self::Element(left, right)
            | Self::Filter(left, right)
            | Self::Binary(_, left, right)
            | Self::Elvis(left, right) => {
                vec![left, right]
            }
            Self::Ternary(condition, then, otherwise) => vec![condition, then, otherwise],
            Self::Array(elements) => elements.iter().collect(),
            Self::Object(members) => members.iter().map(|(_, member)| member).collect(),
            Self::Transform(subject, _, arguments) => {
                std::iter::once(&**subject).chain(arguments).collect()
            }
        }
    }

    /// The same part with other parts below, in the order of `children`.
    pub(crate) fn with_children(&self, children: Vec<Tree>) -> Tree {
        let mut children = children.into_iter();
        let mut next = || Box::new(children.next().unwrap_or(Self::Null));
        match self {
            Self::Number(_)
            | Self::Text(_)
            | Self::Truth(_)
            | Self::Null
            | Self::Root(_)
            | Self::Relative(_) => self.clone(),
            Self::Member(_, name) => Self::Member(next(), name.clone()),
            Self::Not(_) => Self::Not(next()),
            Self::Minus(_) => Self::Minus(next()),
            Self::Wrapped(_) => Self::Wrapped(next()),
            Self::Element(..) => Self::Element(next(), next()),
            Self::Filter(..) => Self::Filter(next(), next()),
            Self::Binary(operator, ..) => Self::Binary(operator, next(), next()),
            Self::Elvis(..) => Self::Elvis(next(), next()),
            Self::Ternary(..) => Self::Ternary(next(), next(), next()),
            Self::Array(elements) => Self::Array(elements.iter().map(|_| *next()).collect()),
            Self::Object(members) => Self::Object(
                members
                    .iter()
                    .map(|(key, _)| (key.clone(), *next()))
                    .collect(),
            ),
            Self::Transform(_, name, arguments) => {
                let subject = next();
                Self::Transform(subject, name, arguments.iter().map(|_| *next()).collect())
            }
        }
    }

    /// The same in the words of JEXL; none where it has no words for something.
    pub(crate) fn translated(&self) -> Option<Tree> {
        let children = self
            .children()
            .into_iter()
            .map(Self::translated)
            .collect::<Option<Vec<_>>>()?;
        let same = self.with_children(children);
        match same {
            Self::Wrapped(inner) => Some(*inner),
            Self::Minus(inner) => Some(Self::Binary(
                "-",
                Box::new(Self::Number("0".to_owned())),
                inner,
            )),
            Self::Number(text) => {
                let number = text.parse::<f64>().ok()?;
                Some(Self::Number(
                    if text.contains('e') || text.starts_with('.') {
                        number.to_string()
                    } else {
                        text
                    },
                ))
            }
            Self::Text(text) if text.contains('\\') => None,
            Self::Relative(None) => None,
            Self::Object(members)
                if members.iter().any(|(key, _)| {
                    *key != Key::Name(key.name().to_owned()) || key.name() == "true"
                }) =>
            {
                None
            }
            Self::Element(ref subject, _) | Self::Filter(ref subject, _)
                if !subject.takes_brackets() =>
            {
                None
            }
            other => Some(other),
        }
    }

    /// Whether JEXL reads `[` after it.
    pub(crate) fn takes_brackets(&self) -> bool {
        matches!(
            self,
            Self::Root(_)
                | Self::Member(..)
                | Self::Element(..)
                | Self::Filter(..)
                | Self::Transform(..)
                | Self::Relative(Some(_))
        )
    }

    /// How many operators, filters, transforms and literals of several parts stand in each other.
    pub(crate) fn depth(&self) -> usize {
        let below = self
            .children()
            .into_iter()
            .map(Self::depth)
            .max()
            .unwrap_or(0);
        match self {
            Self::Number(_)
            | Self::Text(_)
            | Self::Truth(_)
            | Self::Null
            | Self::Root(_)
            | Self::Relative(_)
            | Self::Member(..) => below,
            _ => below + 1,
        }
    }

    /// Whether the part itself or one below it is so.
    pub(crate) fn any(&self, is_so: &dyn Fn(&Tree) -> bool) -> bool {
        is_so(self) || self.children().into_iter().any(|child| child.any(is_so))
    }

    /// Every name that begins a path.
    pub(crate) fn roots(&self, names: &mut Vec<String>) {
        if let Self::Root(name) = self {
            names.push(name.clone());
        }
        for child in self.children() {
            child.roots(names);
        }
    }
}
