//! The one HTTP client that all SDK clients share.

use std::num::NonZeroUsize;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::{Builder, ConnectorBuilder};
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{HttpClient, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

/// Builds the client: as many kept connections as calls run at a time, and the proxies of the environment.
///
/// Without it every SDK client opens connections of its own, thousands for a large organization. It is built as the
/// SDK builds its own default one, because the public builder starts with proxies switched off.
pub(crate) fn shared_client(connections: NonZeroUsize, proxies: ProxyConfig) -> SharedHttpClient {
    let builder = Builder::new().pool_max_idle_per_host(connections.get());
    let client = builder.build_with_connector_fn(move |settings, components| {
        let mut builder = ConnectorBuilder::default().tls_provider(Provider::Rustls(CryptoMode::AwsLc));
        builder.set_connector_settings(settings.cloned());
        if let Some(components) = components {
            builder.set_sleep_impl(components.sleep_impl());
        }
        builder.set_proxy_config(Some(proxies.clone()));
        builder.build()
    });
    SharedHttpClient::new(BuiltWhenUsed(client))
}

/// A client whose connector is built by the first call and kept.
///
/// The SDK's own also builds one whenever an SDK client is made, to have the system's certificates read early, and throws
/// it away. There is an SDK client for each service in each account, and a connector parses all certificates.
#[derive(Debug)]
struct BuiltWhenUsed(SharedHttpClient);

impl HttpClient for BuiltWhenUsed {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        self.0.http_connector(settings, components)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.connector_metadata()
    }
}
