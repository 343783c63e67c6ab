//! What a client leaves out where its requests never leave the process: the signature, and headers that nobody reads.

use aws_runtime::invocation_id::InvocationIdInterceptor;
use aws_runtime::request_info::RequestInfoInterceptor;
use aws_runtime::user_agent::UserAgentInterceptor;
use aws_sdk_dynamodb::config::interceptors::BeforeSerializationInterceptorContextRef;
use aws_sdk_dynamodb::config::{Builder, ConfigBag, Intercept};
use aws_sdk_dynamodb::error::BoxError;
use aws_smithy_runtime_api::client::interceptors::disable_interceptor;
use aws_types::SdkConfig;

/// A client for DynamoDB, as short as the configuration lets it be.
pub(crate) fn dynamodb(sdk: &SdkConfig) -> aws_sdk_dynamodb::Client {
    let builder = Builder::from(sdk);
    let builder = if is_unsigned(sdk) {
        builder.allow_no_auth().interceptor(Brief)
    } else {
        builder
    };
    aws_sdk_dynamodb::Client::from_conf(builder.build())
}

/// Whether the configuration would rather have no signatures.
fn is_unsigned(sdk: &SdkConfig) -> bool {
    let preferred = sdk.auth_scheme_preference().cloned();
    let mut schemes = preferred.into_iter().flatten();
    schemes.any(|scheme| scheme.inner() == "noAuth")
}

/// Leaves out headers.
#[derive(Debug)]
struct Brief;

impl Intercept for Brief {
    fn name(&self) -> &'static str {
        "Brief"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        const CAUSE: &str = "nobody reads the header in this process";
        let state = config.interceptor_state();
        state.store_put(disable_interceptor::<UserAgentInterceptor>(CAUSE));
        state.store_put(disable_interceptor::<InvocationIdInterceptor>(CAUSE));
        state.store_put(disable_interceptor::<RequestInfoInterceptor>(CAUSE));
        Ok(())
    }
}
