//! An agent whose invocation has no time for another turn goes on in the next one, through the machine.

use std::time::Duration;

use pawl::report::Figures;
use pawl_compiler::Level;
use serde_json::{Value, json};

use crate::corpus::finish;
use crate::stage::{Stage, calls, says, with_model};
use crate::web::Web;

/// Turns that use a tool.
const LOOKS: usize = 6;

#[tokio::test(flavor = "multi_thread")]
#[expect(
    clippy::print_stdout,
    reason = "figures for whoever asks with --nocapture"
)]
async fn an_agent_of_many_turns_goes_on_through_the_machine() {
    let model = Web::serve(|_, before| {
        // Two turns fit an invocation of two seconds, a third may not.
        std::thread::sleep(Duration::from_millis(550));
        if before < LOOKS {
            let arguments = json!({ "customerId": format!("c{before}") });
            calls("customer_get", &arguments)
        } else {
            says("Fine.")
        }
    });
    let workflow = json!({ "name": "Long", "steps": [
        { "stepSlug": "think", "stepType": "llm", "config": {
            "systemPrompt": "Think.", "userPrompt": "How is everybody?", "tools": ["customer_get"], "maxSteps": 8,
            "timeoutSeconds": 2
        }, "nextSteps": { "success": "report" } },
        { "stepSlug": "report", "stepType": "output", "config": { "mapping": { "text": "{{steps.think.output}}" } } },
    ] });
    let stage = Stage::set(&workflow, Level::O1, |settings| {
        with_model(settings, &model);
    })
    .await;
    let events = stage.laptop.events();
    let run = stage.start(json!({})).await;
    let report = finish(&stage.laptop, events, &run, 0).await;
    assert_eq!(report.output, json!({ "text": "Fine." }));
    // Each invocation of the step is a transition, and no attempt.
    let think = report.steps.iter().find(|visit| visit.step == "think");
    let think = think.expect("a visit");
    assert_eq!(think.attempts, 1);
    let Figures { transitions, .. } = report.machine;
    assert!((3..=8).contains(&transitions), "{transitions} invocations");
    let models = report.models.expect("models");
    assert_eq!(models.turns, 7);
    let asked = model.asked();
    assert_eq!(asked.len(), LOOKS + 1, "no turn was asked for twice");
    println!("{} turns in {transitions} invocations", asked.len());
    let thread = format!("{}/{}", report.run, think.at);
    let store = stage.laptop.services.store();
    let said = store
        .thread(pawl::laptop::ORG, &thread)
        .await
        .expect("an answer");
    let said: Vec<Value> = said.iter().map(|said| json!(said.message)).collect();
    // The prompt, a call and its result for each turn, and the answer.
    assert_eq!(said.len(), 2 + 2 * LOOKS);
    for (place, message) in said.iter().enumerate() {
        assert!(
            !said.iter().skip(place + 1).any(|other| other == message),
            "{message}"
        );
    }
}
