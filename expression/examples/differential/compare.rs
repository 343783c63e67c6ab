//! Compares every case, and looks into those that differ.

use std::collections::BTreeMap;

use crate::case::{Case, Subject};
use crate::outcome::{Outcome, Stage, agree, ours};
use crate::probe::{Probe, Role, probe, probe_pieces, translation};
use crate::reference::{Question, Reference};
use crate::rules::{Finding, rule_for};

/// What became of a case.
pub(crate) enum Verdict {
    SameValue,
    BothFail,
    /// The rules that explain the difference.
    Explained(Vec<&'static str>),
    Unexplained(String),
}

/// A case that was compared.
pub(crate) struct Compared {
    pub(crate) verdict: Verdict,
    pub(crate) ours: Outcome,
    pub(crate) reference: Outcome,
}

/// Compares all cases: one question each, then one for each node of those that differ.
pub(crate) fn compare(cases: &[Case], reference: &mut Reference) -> std::io::Result<Vec<Compared>> {
    let questions = cases
        .iter()
        .map(|case| Question {
            kind: case.kind,
            text: &case.text,
            data: &case.data,
            is_missing: false,
        })
        .collect::<Vec<_>>();
    let answers = reference.ask(&questions)?;
    let outcomes = cases
        .iter()
        .zip(answers)
        .map(|(case, answer)| (ours(case.kind, &case.text, &case.data), answer))
        .collect::<Vec<_>>();
    let probes = cases
        .iter()
        .zip(&outcomes)
        .map(|(case, (ours, answer))| {
            if agree(ours, answer) {
                Vec::new()
            } else {
                probes(case)
            }
        })
        .collect::<Vec<_>>();
    let mut answers = ask_once(&probes, reference)?.into_iter();
    let mut compared = Vec::new();
    for ((case, (ours, reference)), probes) in cases.iter().zip(outcomes).zip(probes) {
        let answers = answers.by_ref().take(probes.len()).collect::<Vec<_>>();
        let verdict = verdict(case, &ours, &reference, &probes, &answers);
        compared.push(Compared {
            verdict,
            ours,
            reference,
        });
    }
    Ok(compared)
}

fn probes(case: &Case) -> Vec<Probe> {
    match &case.subject {
        Subject::Expression(tree) => {
            let mut probes = Vec::new();
            probe(tree, &case.data, &mut probes);
            probes.extend(translation(tree, &case.data));
            probes
        }
        Subject::Template(pieces) => probe_pieces(pieces, &case.data),
        Subject::Mustache(_) | Subject::Broken => Vec::new(),
    }
}

/// The answers to all probes, each different one asked once.
fn ask_once(probes: &[Vec<Probe>], reference: &mut Reference) -> std::io::Result<Vec<Outcome>> {
    let mut places = BTreeMap::new();
    let mut questions = Vec::new();
    let mut order = Vec::new();
    for probe in probes.iter().flatten() {
        let key = (
            probe.reference_text.clone(),
            serde_json::to_string(&probe.data)?,
            probe.is_missing,
        );
        let place = *places.entry(key).or_insert_with(|| {
            questions.push(Question {
                kind: probe.kind,
                text: &probe.reference_text,
                data: &probe.data,
                is_missing: probe.is_missing,
            });
            questions.len() - 1
        });
        order.push(place);
    }
    let answers = reference.ask(&questions)?;
    Ok(order
        .into_iter()
        .filter_map(|place| answers.get(place).cloned())
        .collect())
}

fn verdict(
    case: &Case,
    ours: &Outcome,
    reference: &Outcome,
    probes: &[Probe],
    answers: &[Outcome],
) -> Verdict {
    if agree(ours, reference) {
        return match ours {
            Outcome::Value(_) => Verdict::SameValue,
            Outcome::Failed(_) => Verdict::BothFail,
        };
    }
    let local = match local_rules(probes, answers) {
        Ok(rules) => rules,
        Err(unexplained) => return Verdict::Unexplained(unexplained),
    };
    // A difference in how the text is read is not one of any node alone.
    if !local.is_empty() && reads(ours) && reads(reference) {
        return Verdict::Explained(local);
    }
    let finding = Finding {
        subject: Some(&case.subject),
        node: None,
        text: &case.text,
        operands: &[],
        data: &case.data,
        is_missing: false,
        ours,
        reference,
    };
    let Some(rule) = rule_for(&finding) else {
        return Verdict::Unexplained(finding.show());
    };
    // What only ours reads must mean what the same in the words of JEXL means, but for differences explained already.
    let translated = probes
        .iter()
        .zip(answers)
        .find(|(probe, _)| probe.role == Role::Translation);
    match translated {
        Some((probe, answer))
            if local.is_empty() && reads(ours) && !reads(reference) && !agree(ours, answer) =>
        {
            let finding = Finding {
                reference: answer,
                ..finding
            };
            match rule_for(&finding) {
                Some(other) => Verdict::Explained(vec![rule, other]),
                None => Verdict::Unexplained(format!(
                    "its translation {}: {}",
                    probe.reference_text,
                    answer.show()
                )),
            }
        }
        _ => Verdict::Explained(local.into_iter().chain([rule]).collect()),
    }
}

/// Whether the text was read.
fn reads(outcome: &Outcome) -> bool {
    outcome
        .failure()
        .is_none_or(|failure| failure.stage != Stage::Parse)
}

/// The rules that explain the nodes that differ, or the first node that none explains.
fn local_rules(probes: &[Probe], answers: &[Outcome]) -> Result<Vec<&'static str>, String> {
    let mut rules = Vec::new();
    let mut differing = Vec::new();
    for (at, (probe, reference)) in probes.iter().zip(answers).enumerate() {
        let ours = ours(probe.kind, &probe.text, &probe.data);
        if probe.role == Role::Translation
            || agree(&ours, reference)
            || differing
                .iter()
                .any(|differing| probe.unless.contains(differing))
        {
            continue;
        }
        differing.push(at);
        let finding = Finding {
            subject: None,
            node: probe.node.as_ref(),
            text: &probe.text,
            operands: &probe.operands,
            data: &probe.data,
            is_missing: probe.is_missing,
            ours: &ours,
            reference,
        };
        match rule_for(&finding) {
            Some(rule) => rules.push(rule),
            None => return Err(finding.show()),
        }
    }
    Ok(rules)
}
