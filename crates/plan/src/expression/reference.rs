//! What a plan refers to: the environment, variables, regions, outputs.

use super::{HEADS, LANGUAGE, range_of};
use crate::error::Problem;
use crate::name::nearest;
use crate::reader::{Reader, Regions};
use crate::value::{OutputReference, Secret, Segment, Value, kind_of};
use hcl_edit::expr::{Expression, FuncCall, Traversal, TraversalOperator};
use serde_json::Value as Json;
use std::ops::Range;

impl Reader<'_> {
    pub(super) fn call(&mut self, call: &FuncCall, range: Range<usize>) -> Option<Value> {
        let name = call.name.name.value().as_str();
        if call.name.is_namespaced() || name != "env" {
            self.fail(
                range,
                Problem::UnknownName {
                    what: "the function",
                    name: name.to_owned(),
                    place: "the plan language".to_owned(),
                    suggestion: None,
                    known: vec!["env".to_owned()],
                },
            );
            return None;
        }
        let arguments: Vec<&Expression> = call.args.iter().collect();
        let variable = match arguments.as_slice() {
            [Expression::String(variable)] if !call.args.expand_final() => variable.value().clone(),
            _ => {
                return self.no_expression(
                    range,
                    "env".to_owned(),
                    "it takes the name of one variable, as a literal",
                    "write it as in env(\"ORDERS_URL\")".to_owned(),
                );
            }
        };
        let secret = self.inputs.env.get(&variable).cloned().map(Secret);
        Some(Value::Env { secret, name: variable, span: self.span(range) })
    }

    pub(super) fn traversal(&mut self, traversal: &Traversal, range: Range<usize>) -> Option<Value> {
        let Expression::Variable(head) = &traversal.expr else {
            return self.no_expression(
                range,
                "a path".to_owned(),
                "only var and stack outputs are taken apart",
                LANGUAGE.to_owned(),
            );
        };
        let head = head.value().as_str();
        if !HEADS.contains(&head) {
            self.fail(
                range,
                Problem::UnknownName {
                    what: "the reference",
                    name: head.to_owned(),
                    place: "the plan language".to_owned(),
                    suggestion: nearest(head, HEADS),
                    known: HEADS.map(str::to_owned).to_vec(),
                },
            );
            return None;
        }
        let path = self.path(&traversal.operators, &range)?;
        match (head, path.as_slice()) {
            ("var", [Segment::Key(name), rest @ ..]) => self.variable(name, rest, range),
            ("region", [Segment::Key(side)]) if side == "primary" || side == "standby" => match &self.regions {
                Regions::Known { primary, standby } => {
                    let region = if side == "primary" { primary } else { standby };
                    Some(Value::Literal(Json::String(region.to_string())))
                }
                Regions::Unknown => None,
                Regions::BeingRead => self.no_expression(
                    range,
                    format!("region.{side}"),
                    "the regions are what is told here",
                    "write the region's code".to_owned(),
                ),
            },
            ("stack", [Segment::Key(stack), Segment::Key(word), Segment::Key(name), rest @ ..]) if word == "output" => {
                self.output(stack, name, rest, range)
            }
            _ => {
                let written = self.text.get(range.clone()).unwrap_or(head).to_owned();
                self.no_expression(
                    range,
                    format!("the reference {written}"),
                    "it has another shape",
                    format!("write it as in {}", example_of(head)),
                )
            }
        }
    }

    fn path(
        &mut self,
        operators: &[hcl_edit::Decorated<TraversalOperator>],
        range: &Range<usize>,
    ) -> Option<Vec<Segment>> {
        let mut path = Vec::new();
        for operator in operators {
            path.push(match operator.value() {
                TraversalOperator::GetAttr(name) => Segment::Key(name.value().to_string()),
                TraversalOperator::LegacyIndex(index) => Segment::Index(*index.value()),
                TraversalOperator::Index(expression) => {
                    let value = self.evaluate(expression)?;
                    match value {
                        Value::Literal(Json::String(key)) => Segment::Key(key),
                        Value::Literal(Json::Number(ref number)) if number.as_u64().is_some() => {
                            Segment::Index(number.as_u64().unwrap_or_default())
                        }
                        _ => {
                            return self.no_expression(
                                range_of(expression),
                                "an index".to_owned(),
                                "it is neither a whole number from 0 nor a text that is known here",
                                "write it as in [0] or [\"key\"]".to_owned(),
                            );
                        }
                    }
                }
                TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_) => {
                    return self.no_part(range.clone(), "a splat expression");
                }
            });
        }
        Some(path)
    }

    fn variable(&mut self, name: &str, path: &[Segment], range: Range<usize>) -> Option<Value> {
        let Some(mut value) = self.inputs.vars.get(name) else {
            let suggestion = nearest(name, self.inputs.vars.keys().map(String::as_str));
            self.fail(range, Problem::NoVar { name: name.to_owned(), suggestion });
            return None;
        };
        for segment in path {
            let next = match segment {
                Segment::Key(key) => value.get(key),
                Segment::Index(index) => usize::try_from(*index).ok().and_then(|i| value.get(i)),
            };
            match next {
                Some(next) => value = next,
                None => {
                    let reason = format!("{segment} is not in it: it is {}", kind_of(value));
                    return self.no_expression(
                        range,
                        format!("var.{name}"),
                        &reason,
                        format!("correct the path, or the value that is given with --var {name}=VALUE"),
                    );
                }
            }
        }
        Some(Value::Literal(value.clone()))
    }

    fn output(&mut self, stack: &str, name: &str, path: &[Segment], range: Range<usize>) -> Option<Value> {
        if !self.stacks.iter().any(|known| known == stack) {
            let problem = self.no_stack(stack, "an expression".to_owned());
            self.fail(range, problem);
            return None;
        }
        Some(Value::Output(OutputReference {
            stack: stack.to_owned(),
            name: name.to_owned(),
            path: path.to_vec(),
            span: self.span(range),
        }))
    }
}

pub(super) fn example_of(head: &str) -> &'static str {
    match head {
        "env" => "env(\"ORDERS_URL\")",
        "var" => "var.size",
        "region" => "region.primary or region.standby",
        _ => "stack.app.output.public_ips",
    }
}
