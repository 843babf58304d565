use proptest::prelude::*;
use rstest::rstest;

use super::{Address, AddressError};

#[rstest]
#[case("ann@example.com", "ann", "example.com", "ann@example.com")]
#[case("Ann.O'Hara+tag@Example.COM", "Ann.O'Hara+tag", "example.com", "Ann.O'Hara+tag@example.com")]
#[case("\"ann\"@example.com", "ann", "example.com", "ann@example.com")]
#[case("\"a@b\"@c.example", "a@b", "c.example", "\"a@b\"@c.example")]
#[case("\"a \\\"q\\\" \\\\ <x>\"@c.example", "a \"q\" \\ <x>", "c.example", "\"a \\\"q\\\" \\\\ <x>\"@c.example")]
#[case("\".dot.\"@example.com", ".dot.", "example.com", "\".dot.\"@example.com")]
#[case("иван@почта.рф", "иван", "xn--80a1acny.xn--p1ai", "иван@xn--80a1acny.xn--p1ai")]
#[case("x@Bücher.example", "x", "xn--bcher-kva.example", "x@xn--bcher-kva.example")]
#[case("x@[192.0.2.1]", "x", "[192.0.2.1]", "x@[192.0.2.1]")]
#[case("x@[ipv6:2001:DB8:0::1]", "x", "[IPv6:2001:db8::1]", "x@[IPv6:2001:db8::1]")]
#[case("x@localhost", "x", "localhost", "x@localhost")]
#[case("x@my_host.example", "x", "my_host.example", "x@my_host.example")]
fn an_address_is_read(#[case] text: &str, #[case] local: &str, #[case] domain: &str, #[case] path: &str) {
    let address = Address::parse(text).unwrap();
    assert_eq!((address.local(), address.domain(), address.to_path().as_str()), (local, domain, path));
    assert_eq!(address.as_str(), format!("{local}@{domain}"));
}

#[rstest]
#[case("", AddressError::Shape)]
#[case("ann", AddressError::Shape)]
#[case("@example.com", AddressError::Shape)]
#[case("ann@", AddressError::Shape)]
#[case("\"\"@example.com", AddressError::Shape)]
#[case("\"a\"b@example.com", AddressError::Shape)]
#[case("a b@example.com", AddressError::Local)]
#[case("a..b@example.com", AddressError::Local)]
#[case(".a@example.com", AddressError::Local)]
#[case("a.@example.com", AddressError::Local)]
#[case("<a>@example.com", AddressError::Local)]
#[case("a\r\nb@example.com", AddressError::Local)]
#[case("\"a\r\nb\"@example.com", AddressError::Local)]
#[case("\"a\\\nb\"@example.com", AddressError::Local)]
#[case("\"a\0\"@example.com", AddressError::Local)]
#[case("\"open@example.com", AddressError::Local)]
#[case("a\u{202e}b@example.com", AddressError::Local)]
#[case("a\u{85}b@example.com", AddressError::Local)]
#[case("a@b@c", AddressError::Domain)]
#[case("a@b c", AddressError::Domain)]
#[case("a@example.com\r\nRCPT", AddressError::Domain)]
#[case("a@example.com>", AddressError::Domain)]
#[case("a@example..com", AddressError::Domain)]
#[case("a@.example.com", AddressError::Domain)]
#[case("a@example.com.", AddressError::Domain)]
#[case("a@-example.com", AddressError::Domain)]
#[case("a@192.0.2.1", AddressError::Domain)]
#[case("a@[192.0.2.256]", AddressError::Domain)]
#[case("a@[IPv6:::g]", AddressError::Domain)]
#[case("a@[192.0.2.1", AddressError::Domain)]
#[case("a@ex\u{ff20}mple.com", AddressError::Domain)]
fn no_address_is_made_of(#[case] text: &str, #[case] error: AddressError) {
    assert_eq!(Address::parse(text), Err(error));
}

#[test]
fn lengths_are_counted_in_octets() {
    let parse = |local: &str, domain: &str| Address::parse(&format!("{local}@{domain}"));
    assert!(parse(&"a".repeat(64), "example.com").is_ok());
    assert_eq!(parse(&"a".repeat(65), "example.com"), Err(AddressError::Local));
    assert_eq!(parse(&"я".repeat(33), "example.com"), Err(AddressError::Local));
    assert!(parse(&format!("\"{}\"", "\\\\".repeat(64)), "example.com").is_ok());
    let label = "a".repeat(63);
    assert!(parse("a", &[label.as_str(); 3].join(".")).is_ok());
    assert_eq!(parse("a", &[label.as_str(); 4].join(".")).map(|a| a.domain().len()), Ok(255));
    assert_eq!(parse("a", &format!("{}.b", [label.as_str(); 4].join("."))), Err(AddressError::Domain));
    assert_eq!(parse("a", &"a".repeat(64)), Err(AddressError::Domain));
}

#[test]
fn the_key_folds_case() {
    assert_eq!(Address::parse("Иван.PETROV@Example.com").unwrap().key(), "иван.petrov@example.com");
}

proptest! {
    #[test]
    fn a_path_parses_to_the_same_address(local in "[ -~а-я]{1,20}", domain in "[a-z]{1,8}(\\.[a-zбü]{1,8}){0,2}") {
        if let Ok(address) = Address::parse(&format!("{}@{domain}", super::local::quote(&local))) {
            prop_assert_eq!(address.local(), local.as_str());
            prop_assert_eq!(Address::parse(&address.to_path()), Ok(address));
        }
    }

    #[test]
    fn nothing_that_parses_breaks_a_line(text in "(\"?[a\r\n\0@\\\\\" <>.ю]{0,10}\"?@)?[a.\r\n\0@b\\[\\]1:ü]{0,10}") {
        if let Ok(address) = Address::parse(&text) {
            for form in [address.as_str(), &address.to_path(), &address.key()] {
                prop_assert!(!form.contains(['\r', '\n', '\0']), "{:?}", form);
            }
            prop_assert_eq!(Address::parse(&address.to_path()), Ok(address));
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        if let Ok(address) = Address::parse(&text) {
            prop_assert_eq!(Address::parse(&address.to_path()), Ok(address));
        }
    }
}
