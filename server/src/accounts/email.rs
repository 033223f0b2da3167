/// An e-mail address, trimmed and in lower case: one mailbox, one account.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Email(String);

/// RFC 5321, 4.5.3.1: a path is at most 256 octets, with its brackets.
const LONGEST: usize = 254;

impl Email {
    /// Reads an address. Only a mail sent there proves that it exists, so the rule is loose:
    /// something, one `@`, a domain with no empty part, no blanks or control characters.
    pub fn parse(text: &str) -> Option<Self> {
        let address = text.trim().to_lowercase();
        let (local, domain) = address.rsplit_once('@')?;
        let plain = address.len() <= LONGEST
            && !local.is_empty()
            && !local.contains('@')
            && !address
                .chars()
                .any(|c| c.is_whitespace() || c.is_control() || "<>(),;:\\\"".contains(c));
        let named = domain.split('.').all(|part| !part.is_empty()) && domain.contains('.');
        (plain && named).then_some(Self(address))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address without a `+tag`: what counts as the same person.
    pub fn person(&self) -> String {
        match self.0.rsplit_once('@') {
            Some((local, domain)) => {
                let base = local.split('+').next().filter(|base| !base.is_empty());
                format!("{}@{domain}", base.unwrap_or(local))
            }
            None => self.0.clone(),
        }
    }
}

impl std::fmt::Display for Email {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_addresses_people_have() {
        for text in ["a@example.com", " Ann.Lee+x@Example.COM ", "用户@例子.公司"] {
            assert!(Email::parse(text).is_some(), "{text}");
        }
        assert_eq!(
            Email::parse(" Ann@Example.COM ").unwrap().as_str(),
            "ann@example.com"
        );
    }

    #[test]
    fn refuses_what_is_none() {
        let long = format!("{}@example.com", "a".repeat(250));
        for text in [
            "",
            "a",
            "@example.com",
            "a@",
            "a@b",
            "a b@example.com",
            "a@@example.com",
            "a@example..com",
            "a\0@example.com",
            "<a@example.com>",
            &long,
        ] {
            assert_eq!(Email::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_tag_does_not_make_another_person() {
        let tagged = Email::parse("ann+second@example.com").unwrap();
        assert_eq!(tagged.person(), "ann@example.com");
        assert_eq!(
            Email::parse("+@example.com").unwrap().person(),
            "+@example.com"
        );
    }
}
