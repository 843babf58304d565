//! A TLS client that shows which certificate a server presents, and one that believes a given root only.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, RootCertStore, SignatureScheme, StreamOwned};
use x509_parser::extensions::GeneralName;

use super::desk_process::DEADLINE;

/// What a certificate says.
#[derive(Debug)]
pub struct Shown {
    pub issuer: String,
    pub names: Vec<String>,
    /// SubjectPublicKeyInfo, as TLSA records name it.
    pub key: Vec<u8>,
}

/// The certificate that an SMTP server shows after STARTTLS (RFC 3207).
pub fn shown_by_smtp(address: SocketAddr) -> Shown {
    let stream = connect(address);
    let mut lines = BufReader::new(stream.try_clone().expect("a second handle"));
    let mut say = |line: &str| {
        (&stream).write_all(line.as_bytes()).expect("the server listens");
        loop {
            let mut reply = String::new();
            lines.read_line(&mut reply).expect("a reply");
            if reply.as_bytes().get(3) == Some(&b' ') {
                break reply;
            }
        }
    };
    assert!(say("").starts_with("220"));
    assert!(say("EHLO client.test\r\n").starts_with("250"));
    assert!(say("STARTTLS\r\n").starts_with("220"));
    let config = builder().dangerous().with_custom_certificate_verifier(Arc::new(Anyone)).with_no_client_auth();
    let mut tls = handshake(stream, config, "desk.test");
    // A word inside TLS: the handshake is over.
    tls.write_all(b"QUIT\r\n").expect("TLS works");
    let own = tls.conn.peer_certificates().expect("a certificate")[0].clone();
    let (_, parsed) = x509_parser::parse_x509_certificate(&own).expect("X.509");
    let names = parsed.subject_alternative_name().expect("readable").expect("names").value.general_names.iter();
    let names = names.filter_map(|name| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        _ => None,
    });
    Shown { issuer: parsed.issuer().to_string(), names: names.collect(), key: parsed.public_key().raw.to_vec() }
}

/// `GET path` from `https://name` at this address, believing this root (PEM) only. Status and body.
pub fn https_get(address: SocketAddr, name: &str, path: &str, root: &str) -> std::io::Result<(u16, String)> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(root.as_bytes()).expect("a root")).expect("a root");
    let config = builder().with_root_certificates(roots).with_no_client_auth();
    let mut tls = handshake(connect(address), config, name);
    write!(tls, "GET {path} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    // Servers may end the connection without a goodbye of TLS.
    if let Err(error) = tls.read_to_end(&mut answer)
        && answer.is_empty()
    {
        return Err(error);
    }
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    Ok((head[9..12].parse().expect("a status"), body.to_owned()))
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("the server takes connections");
    stream.set_read_timeout(Some(DEADLINE)).expect("a read time-out");
    stream
}

fn builder() -> rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier> {
    ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().expect("TLS 1.2 and 1.3")
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

fn handshake(stream: TcpStream, config: ClientConfig, name: &str) -> StreamOwned<ClientConnection, TcpStream> {
    let name = ServerName::try_from(name.to_owned()).expect("a name");
    StreamOwned::new(ClientConnection::new(Arc::new(config), name).expect("a client"), stream)
}

/// Believes everybody: these tests look at the certificate themselves.
#[derive(Debug)]
struct Anyone;

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}
