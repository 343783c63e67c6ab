//! What the ARN of a Task says: which service, which action, and when the task is done.

use crate::history::Worker;

/// A Task's resource, taken apart.
///
/// ```text
/// arn:aws:states:::lambda:invoke.waitForTaskToken  ->  lambda, invoke.waitForTaskToken, Token
/// arn:aws:states:::aws-sdk:s3:getObject            ->  aws-sdk:s3, getObject, Answer
/// arn:aws:lambda:eu-west-1:1:function:hello        ->  a bare function
/// arn:aws:states:eu-west-1:1:activity:work         ->  an activity, Token
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resource {
    /// What does the work.
    pub(crate) worker: Worker,
    /// The action with its suffix, or the whole ARN of a bare function or an activity.
    pub(crate) action: String,
    /// When the task is done.
    pub(crate) completion: Completion,
}

/// When a task is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Completion {
    /// When the service answers.
    Answer,
    /// When the job that the service began has ended.
    Job,
    /// When somebody gives back the task's token.
    Token,
}

impl Resource {
    /// Takes an ARN apart, or gives `None` for one that is not of a service or a function.
    pub(crate) fn parse(arn: &str) -> Option<Self> {
        let mut parts = arn.splitn(6, ':');
        let (
            Some("arn"),
            Some(_partition),
            Some(service),
            Some(region),
            Some(_account),
            Some(rest),
        ) = (
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
        )
        else {
            return None;
        };
        if service == "lambda" && rest.starts_with("function:") {
            return Some(Self {
                worker: Worker::Function,
                action: arn.to_owned(),
                completion: Completion::Answer,
            });
        }
        if service == "states" && rest.starts_with("activity:") {
            return Some(Self {
                worker: Worker::Activity,
                action: arn.to_owned(),
                completion: Completion::Token,
            });
        }
        if service != "states" || !region.is_empty() {
            return None;
        }
        let (service, action) = split(rest)?;
        let completion = match action.split_once('.') {
            None => Completion::Answer,
            Some((_, "sync" | "sync:2")) => Completion::Job,
            Some((_, "waitForTaskToken")) => Completion::Token,
            Some(_) => return None,
        };
        Some(Self {
            worker: Worker::Service(service.to_owned()),
            action: action.to_owned(),
            completion,
        })
    }

    /// What AWS calls the task when its result is too large.
    pub(crate) fn name(&self) -> &str {
        match &self.worker {
            Worker::Service(service) => service,
            Worker::Function | Worker::Activity => &self.action,
        }
    }
}

/// Parts the service from the action; `aws-sdk:` belongs to the service and `:2` to the action.
fn split(rest: &str) -> Option<(&str, &str)> {
    let service_end = match rest.strip_prefix("aws-sdk:") {
        Some(tail) => "aws-sdk:".len() + tail.find(':')?,
        None => rest.find(':')?,
    };
    let (service, action) = rest.split_at(service_end);
    let action = action.strip_prefix(':')?;
    (!service.is_empty() && !action.is_empty()).then_some((service, action))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_is_taken_apart() {
        let service = |name: &str| Worker::Service(name.to_owned());
        let function = "arn:aws:lambda:eu-west-1:111111111111:function:hello:3";
        let activity = "arn:aws-cn:states:cn-north-1:111111111111:activity:work";
        #[rustfmt::skip]
        let rows = [
            ("arn:aws:states:::lambda:invoke", service("lambda"), "invoke", Completion::Answer),
            ("arn:aws-us-gov:states:::sqs:sendMessage.waitForTaskToken", service("sqs"), "sendMessage.waitForTaskToken", Completion::Token),
            ("arn:aws:states:::states:startExecution.sync:2", service("states"), "startExecution.sync:2", Completion::Job),
            ("arn:aws:states:::aws-sdk:s3:getObject", service("aws-sdk:s3"), "getObject", Completion::Answer),
            (function, Worker::Function, function, Completion::Answer),
            (activity, Worker::Activity, activity, Completion::Token),
        ];
        for (arn, worker, action, completion) in rows {
            let resource = Resource::parse(arn).expect(arn);
            assert_eq!(
                (
                    resource.worker,
                    resource.action.as_str(),
                    resource.completion
                ),
                (worker, action, completion)
            );
        }
    }

    #[test]
    fn other_arns_are_refused() {
        for arn in [
            "",
            "lambda:invoke",
            "arn:aws:states:::lambda",
            "arn:aws:states:::lambda:",
            "arn:aws:states:::lambda:invoke.later",
            "arn:aws:states:eu-west-1:111111111111:stateMachine:work",
            "arn:aws:s3:::bucket",
        ] {
            assert_eq!(Resource::parse(arn), None, "{arn}");
        }
    }
}
