//! The Security Token Service, as far as tools ask who they are: everybody is the one account.

use http::StatusCode;

use crate::answer::{Answer, answer, refuse};
use crate::network::Service;
use crate::step_functions::ACCOUNT;

/// Answers one request.
pub(crate) fn perform(operation: &str) -> Answer {
    match operation {
        "GetCallerIdentity" => answer(
            StatusCode::OK,
            "text/xml",
            format!(
                "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
                 <Arn>arn:aws:iam::{ACCOUNT}:root</Arn><UserId>{ACCOUNT}</UserId><Account>{ACCOUNT}</Account>\
                 </GetCallerIdentityResult></GetCallerIdentityResponse>"
            ),
        ),
        unknown => refuse(
            Service::Sts,
            StatusCode::BAD_REQUEST,
            "InvalidAction",
            &format!("Could not find operation {unknown} for version 2011-06-15"),
        ),
    }
}
