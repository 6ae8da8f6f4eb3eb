//! The HTTP client towards providers: certificates and proxies as every tool here has them, and no deadline for an answer.

use std::env;
use std::fs;
use std::time::Duration;

use reqwest::{Certificate, Client};

use crate::error::GatewayError;

/// Variables that name certificates beside those of the system (`SSL_CERT_FILE` and `SSL_CERT_DIR` replace these).
const MORE_CERTIFICATES: [&str; 3] = ["NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"];

const CONNECT: Duration = Duration::from_secs(30);
/// A connection that is dead is found out within a few of these; a model may think for as long as it likes.
const ALIVE: Duration = Duration::from_secs(30);

/// Proxies are those of `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`.
pub(crate) fn client() -> Result<Client, GatewayError> {
    // One provider of cryptography for the whole process, named before anything asks for it.
    let _named_before = rustls::crypto::ring::default_provider().install_default();
    let mut builder = Client::builder()
        .connect_timeout(CONNECT)
        .tcp_keepalive(ALIVE)
        .http2_keep_alive_interval(ALIVE)
        .tcp_nodelay(true)
        .redirect(reqwest::redirect::Policy::none());
    let more = MORE_CERTIFICATES.iter().filter_map(|name| Some((*name, env::var_os(name)?)));
    for (name, path) in more {
        let read = fs::read(&path).map_err(|e| e.to_string());
        match read.and_then(|pem| Certificate::from_pem_bundle(&pem).map_err(|e| e.to_string())) {
            Ok(certificates) => builder = builder.tls_certs_merge(certificates),
            Err(why) => tracing::warn!(name, ?path, why, "certificates that can't be read are left out"),
        }
    }
    builder.build().map_err(|e| GatewayError::Tls(e.to_string()))
}
