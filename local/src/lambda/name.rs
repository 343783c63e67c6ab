//! The ways to name a function.

/// A function's name, and the version or alias that is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) qualifier: Option<String>,
}

impl Named {
    /// Reads a name, a part of an ARN or an ARN; a qualifier given beside it counts more than one in it.
    pub(crate) fn read(named: &str, qualifier: Option<&str>) -> Self {
        let named = named
            .rsplit_once("function:")
            .map_or(named, |(_, named)| named);
        let (name, within) = match named.split_once(':') {
            Some((name, within)) => (name, Some(within)),
            None => (named, None),
        };
        Self {
            name: name.to_owned(),
            qualifier: qualifier.or(within).map(str::to_owned),
        }
    }

    /// The name with its qualifier, as it stands in an ARN.
    pub(crate) fn qualified(&self) -> String {
        match &self.qualifier {
            Some(qualifier) => format!("{}:{qualifier}", self.name),
            None => self.name.clone(),
        }
    }
}

/// Whether a function or an alias can have such a name; it is also safe as the name of a file then.
pub(super) fn is_name(name: &str, most: usize) -> bool {
    (1..=most).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_found_in_every_way_to_name_it() {
        let rows = [
            ("step", None, "step"),
            ("step:7", None, "step:7"),
            ("step:7", Some("live"), "step:live"),
            (
                "arn:aws:lambda:us-east-1:000000000000:function:step",
                None,
                "step",
            ),
            (
                "arn:aws:lambda:us-east-1:000000000000:function:step:live",
                None,
                "step:live",
            ),
            ("000000000000:function:step", Some("1"), "step:1"),
        ];
        for (named, qualifier, qualified) in rows {
            assert_eq!(
                Named::read(named, qualifier).qualified(),
                qualified,
                "{named}"
            );
        }
    }
}
