//! The one HTTP client that all SDK clients share.

use std::num::NonZeroUsize;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::{Builder, ConnectorBuilder};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

/// Builds the client: as many kept connections as calls run at a time, and the proxies of the environment.
///
/// Without it every SDK client opens connections of its own, thousands for a large organization. It is built as the
/// SDK builds its own default one, because the public builder starts with proxies switched off.
pub(crate) fn shared_client(connections: NonZeroUsize, proxies: ProxyConfig) -> SharedHttpClient {
    Builder::new().pool_max_idle_per_host(connections.get()).build_with_connector_fn(move |settings, components| {
        let mut builder = ConnectorBuilder::default().tls_provider(Provider::Rustls(CryptoMode::AwsLc));
        builder.set_connector_settings(settings.cloned());
        if let Some(components) = components {
            builder.set_sleep_impl(components.sleep_impl());
        }
        builder.set_proxy_config(Some(proxies.clone()));
        builder.build()
    })
}
