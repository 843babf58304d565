//! TLS and signing in.

use std::io::Write;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, PublicKeyData};
use rstest::rstest;
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::*;

/// An authority of the test's own.
pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
}

impl Authority {
    pub(super) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap().der().clone();
        Self { issuer: Issuer::new(params, key), certificate }
    }

    /// A server's set-up with a certificate for this name.
    pub(super) fn server(&self, name: &str) -> Arc<ServerConfig> {
        self.server_and_key(name).0
    }

    /// The same, with the public key that TLSA records name.
    pub(super) fn server_and_key(&self, name: &str) -> (Arc<ServerConfig>, Vec<u8>) {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &self.issuer).unwrap();
        let public_key = key.subject_public_key_info();
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap();
        (Arc::new(config), public_key)
    }

    pub(super) fn trust(&self) -> Trust {
        Trust::new(vec![self.certificate.clone()]).unwrap()
    }
}

async fn one_attempt(setting: &Setting, trust: Trust) -> Delivery {
    let number = setting.reply(&[]).await;
    setting.start(trust);
    setting.attempted(number).await.remove(0)
}

#[rstest]
#[case::the_right_name("mx.shop.test", true, Some("verified"))]
#[case::another_name("other.test", false, None)]
#[tokio::test]
async fn tls_that_is_required_needs_a_certificate_for_the_name(
    #[case] name: &str,
    #[case] is_delivered: bool,
    #[case] verdict: Option<&str>,
) {
    let authority = Authority::new();
    let tls = Some(authority.server(name));
    let behaviour = Behaviour { tls, extensions: vec!["STARTTLS"], ..Behaviour::default() };
    let setting = Setting::new(behaviour, "tls = \"required\"").await;
    let delivery = one_attempt(&setting, authority.trust()).await;
    let attempt = &delivery.attempts[0];
    assert_eq!(delivery.state == DeliveryState::Delivered, is_delivered, "{attempt:?}");
    assert_eq!(attempt.tls.as_deref(), is_delivered.then_some("TLSv1.3"));
    assert_eq!(attempt.tls_policy.as_deref(), Some("required"));
    match verdict {
        Some(verdict) => assert_eq!(attempt.certificate.as_deref(), Some(verdict)),
        None => assert!(attempt.certificate.as_deref().unwrap().starts_with("not verified"), "{attempt:?}"),
    }
    assert_eq!(setting.server.log().letters.len(), usize::from(is_delivered));
}

#[tokio::test]
async fn tls_that_is_required_and_not_offered_keeps_the_letter() {
    let setting = Setting::new(Behaviour::default(), "tls = \"required\"").await;
    let delivery = one_attempt(&setting, no_trust()).await;
    assert_eq!(delivery.state, DeliveryState::Deferred);
    assert!(delivery.attempts[0].text.contains("STARTTLS"), "{:?}", delivery.attempts);
    assert!(setting.server.log().letters.is_empty());
}

#[tokio::test]
async fn opportunistic_tls_takes_any_certificate_and_says_what_it_was_worth() {
    let authority = Authority::new();
    let tls = Some(authority.server("other.test"));
    let behaviour = Behaviour { tls, extensions: vec!["STARTTLS"], ..Behaviour::default() };
    let setting = Setting::new(behaviour, "").await;
    let delivery = one_attempt(&setting, no_trust()).await;
    let attempt = &delivery.attempts[0];
    assert_eq!((delivery.state, attempt.tls.as_deref()), (DeliveryState::Delivered, Some("TLSv1.3")));
    assert!(attempt.certificate.as_deref().unwrap().starts_with("not verified"), "{attempt:?}");
}

#[rstest]
#[case::plain("AUTH PLAIN LOGIN", "secret", true)]
#[case::login("AUTH LOGIN", "secret", true)]
#[case::wrong_password("AUTH PLAIN", "guess", false)]
#[tokio::test]
async fn a_smarthost_gets_name_and_password_over_tls(
    #[case] offer: &'static str,
    #[case] password: &str,
    #[case] is_delivered: bool,
    #[values(false, true)] is_implicit: bool,
) {
    let authority = Authority::new();
    let behaviour = Behaviour {
        tls: Some(authority.server("localhost")),
        extensions: vec!["STARTTLS", offer],
        account: Some(("desk", "secret")),
        is_implicit,
        ..Behaviour::default()
    };
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "desk\n{password}").unwrap();
    let tls = if is_implicit { "implicit" } else { "required" };
    let outbound =
        format!("smarthost = \"localhost:PORT\"\ntls = \"{tls}\"\ncredentials = \"{}\"\n", file.path().display());
    let setting = Setting::new(behaviour, &outbound).await;
    setting.names.host("localhost", "127.0.0.1".parse().unwrap()).await;
    let delivery = one_attempt(&setting, authority.trust()).await;
    assert_eq!(delivery.state == DeliveryState::Delivered, is_delivered, "{:?}", delivery.attempts);
    assert!(!format!("{:?}", delivery.attempts).contains("guess"));
}
