//! The operations of services whose operations are methods and paths.

use bytes::Bytes;
use http::Request;

use crate::network::Service;

use super::decode;

/// Operations with their method and path; `*` is one part of the path, which may hold slashes only when encoded.
pub(super) type Operations = &'static [(&'static str, &'static str, &'static str)];

/// Lambda's, as far as they are here or would be mistaken for others.
pub(super) const LAMBDA: Operations = &[
    ("CreateFunction", "POST", "2015-03-31/functions"),
    ("ListFunctions", "GET", "2015-03-31/functions"),
    ("GetFunction", "GET", "2015-03-31/functions/*"),
    ("DeleteFunction", "DELETE", "2015-03-31/functions/*"),
    ("UpdateFunctionCode", "PUT", "2015-03-31/functions/*/code"),
    (
        "GetFunctionConfiguration",
        "GET",
        "2015-03-31/functions/*/configuration",
    ),
    (
        "UpdateFunctionConfiguration",
        "PUT",
        "2015-03-31/functions/*/configuration",
    ),
    ("Invoke", "POST", "2015-03-31/functions/*/invocations"),
    ("InvokeAsync", "POST", "2014-11-13/functions/*/invoke-async"),
    ("PublishVersion", "POST", "2015-03-31/functions/*/versions"),
    (
        "ListVersionsByFunction",
        "GET",
        "2015-03-31/functions/*/versions",
    ),
    ("CreateAlias", "POST", "2015-03-31/functions/*/aliases"),
    ("ListAliases", "GET", "2015-03-31/functions/*/aliases"),
    ("GetAlias", "GET", "2015-03-31/functions/*/aliases/*"),
    ("UpdateAlias", "PUT", "2015-03-31/functions/*/aliases/*"),
    ("DeleteAlias", "DELETE", "2015-03-31/functions/*/aliases/*"),
    ("AddPermission", "POST", "2015-03-31/functions/*/policy"),
    ("GetPolicy", "GET", "2015-03-31/functions/*/policy"),
    (
        "RemovePermission",
        "DELETE",
        "2015-03-31/functions/*/policy/*",
    ),
    ("ListTags", "GET", "2017-03-31/tags/*"),
    ("TagResource", "POST", "2017-03-31/tags/*"),
    ("UntagResource", "DELETE", "2017-03-31/tags/*"),
    (
        "GetFunctionCodeSigningConfig",
        "GET",
        "2020-06-30/functions/*/code-signing-config",
    ),
    (
        "GetFunctionConcurrency",
        "GET",
        "2019-09-30/functions/*/concurrency",
    ),
    ("GetAccountSettings", "GET", "2016-08-19/account-settings"),
];

/// Scheduler's.
pub(super) const SCHEDULER: Operations = &[
    ("ListSchedules", "GET", "schedules"),
    ("CreateSchedule", "POST", "schedules/*"),
    ("GetSchedule", "GET", "schedules/*"),
    ("UpdateSchedule", "PUT", "schedules/*"),
    ("DeleteSchedule", "DELETE", "schedules/*"),
    ("ListScheduleGroups", "GET", "schedule-groups"),
    ("CreateScheduleGroup", "POST", "schedule-groups/*"),
    ("GetScheduleGroup", "GET", "schedule-groups/*"),
    ("DeleteScheduleGroup", "DELETE", "schedule-groups/*"),
    ("ListTagsForResource", "GET", "tags/*"),
    ("TagResource", "POST", "tags/*"),
    ("UntagResource", "DELETE", "tags/*"),
];

/// The method and the path of an operation.
pub(crate) fn rest_place(
    service: Service,
    operation: &str,
) -> Option<(&'static str, &'static str)> {
    let operations = match service {
        Service::Lambda => LAMBDA,
        Service::Scheduler => SCHEDULER,
        Service::DynamoDb
        | Service::S3
        | Service::StepFunctions
        | Service::EventBridge
        | Service::Sqs
        | Service::Sts => return None,
    };
    let mut known = operations.iter();
    let (_, method, path) = known.find(|(name, ..)| *name == operation)?;
    Some((method, path))
}

/// The operation of a request, if it is one of these.
pub(super) fn operation(operations: Operations, request: &Request<Bytes>) -> Option<String> {
    let path = request.uri().path().trim_matches('/');
    let found = operations
        .iter()
        .find(|(_, method, pattern)| request.method() == method && fits(pattern, path))?;
    Some(found.0.to_owned())
}

fn fits(pattern: &str, path: &str) -> bool {
    let (mut expected, mut parts) = (pattern.split('/'), path.split('/'));
    loop {
        match (expected.next(), parts.next()) {
            (None, None) => return true,
            (Some("*"), Some(part)) if !part.is_empty() => {}
            (Some(expected), Some(part)) if expected == decode(part) => {}
            _ => return false,
        }
    }
}
