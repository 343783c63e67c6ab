//! Runs machines by a function call: for tests of machines, and for programs that have their engine inside.

use serde_json::{Value, json};

use crate::refusal::Refusal;
use crate::{Ended, Local, step_functions};

/// Why an execution was not started, as AWS says it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct NotStarted {
    /// AWS's name of the reason, such as `StateMachineDoesNotExist`.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
}

impl Local {
    /// Runs a machine to its end: `StartExecution`, and `DescribeExecution` once it has ended, without a request.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use pawl_local::{Ending, Local, Options};
    /// use serde_json::json;
    ///
    /// let local = Local::open(Options::default()).await?;
    /// let machines = aws_sdk_sfn::Client::new(&local.sdk_config());
    /// let definition = json!({
    ///     "QueryLanguage": "JSONata",
    ///     "StartAt": "greet",
    ///     "States": {
    ///         "greet": { "Type": "Pass", "Output": "{% 'Hello, ' & $states.input.name & '!' %}", "End": true },
    ///     },
    /// });
    /// let created = machines
    ///     .create_state_machine()
    ///     .name("greeter")
    ///     .role_arn("arn:aws:iam::000000000000:role/any")
    ///     .definition(definition.to_string())
    ///     .send()
    ///     .await?;
    ///
    /// let ended = local.run(&created.state_machine_arn, &json!({ "name": "Ada" })).await?;
    /// assert_eq!(ended.status, Ending::Succeeded);
    /// assert_eq!(ended.output, Some(json!("Hello, Ada!")));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The machine is named by its ARN, or by that of a version or an alias. The execution gets a name of its own. It is
    /// one like any other: it has a history, it is listed, and what is said of its end is kept. Any number can run at
    /// once, and one that nobody waits for any more goes on. As nothing is requested, it is not among the
    /// [`Local::calls`], and no fault of the network can meet it.
    pub async fn run(&self, machine_arn: &str, input: &Value) -> Result<Ended, NotStarted> {
        self.run_as(machine_arn, None, input).await
    }

    /// The same under a name. While an execution of that name runs with the same input, this waits for its end; with
    /// another input, or after its end, the answer is `ExecutionAlreadyExists`.
    pub async fn run_named(
        &self,
        machine_arn: &str,
        name: &str,
        input: &Value,
    ) -> Result<Ended, NotStarted> {
        self.run_as(machine_arn, Some(name), input).await
    }

    async fn run_as(
        &self,
        machine_arn: &str,
        name: Option<&str>,
        input: &Value,
    ) -> Result<Ended, NotStarted> {
        let request = json!({
            "stateMachineArn": machine_arn,
            "name": name,
            "input": input.to_string(),
        });
        let ended = step_functions::run(&self.aws, request).await;
        ended.map_err(|Refusal { code, message, .. }| NotStarted { code, message })
    }
}
