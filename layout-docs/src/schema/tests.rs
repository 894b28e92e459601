//! That the published schema is that of the types, that it takes real models, and that it refuses broken ones.

use super::MODEL_SCHEMA;
use crate::fixture::FIXTURE;
use crate::model::{Model, SCHEMA_VERSION};
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

/// The schema of the types as they are.
fn generated() -> String {
    let schema = SchemaSettings::draft2020_12().for_deserialize().into_generator().into_root_schema_for::<Model>();
    let mut schema = schema.to_value();
    let root = schema.as_object_mut().unwrap();
    let id = format!(
        "https://raw.githubusercontent.com/heapwright/heapwright/main/layout-docs/schema/model-{SCHEMA_VERSION}.schema.json"
    );
    root.insert("$id".to_owned(), id.into());
    root.insert("title".to_owned(), "Heapwright layout model".into());
    root["properties"]["schema_version"] =
        json!({ "const": SCHEMA_VERSION, "description": "The version of this form." });
    serde_json::to_string_pretty(&schema).unwrap() + "\n"
}

/// After a change of the model: `LAYOUT_DOCS=overwrite cargo test -p heapwright-docs schema`.
#[test]
fn the_published_schema_is_that_of_the_types() {
    let path = format!("{}/schema/model-{SCHEMA_VERSION}.schema.json", env!("CARGO_MANIFEST_DIR"));
    let now = generated();
    if std::env::var("LAYOUT_DOCS").is_ok_and(|word| word == "overwrite") {
        std::fs::write(path, now).unwrap();
    } else {
        assert!(MODEL_SCHEMA == now, "the model has another schema: renew it with `LAYOUT_DOCS=overwrite cargo test`");
    }
}

#[test]
fn models_validate() {
    let schema: Value = serde_json::from_str(MODEL_SCHEMA).unwrap();
    let core = Model::from_registries(&[heapwright::core_classes()]);
    let live = serde_json::to_value(crate::fixture::live_model()).unwrap();
    for model in [serde_json::from_str(FIXTURE).unwrap(), serde_json::to_value(core).unwrap(), live] {
        let mut errors = Vec::new();
        validate(&schema, &schema, &model, "", &mut errors);
        assert!(errors.is_empty(), "{errors:#?}");
    }
}

#[test]
fn broken_models_do_not() {
    let schema: Value = serde_json::from_str(MODEL_SCHEMA).unwrap();
    for (path, broken) in [
        ("/schema_version", json!(1)),
        ("/classes", json!({})),
        ("/classes/0/id", json!(7)),
        ("/classes/0/open", json!("yes")),
        ("/classes/1/header_size", json!({ "compressed": 4 })),
        ("/classes/1/fields/0/offset/full", json!(-1)),
        ("/classes/1/fields/0/access", json!("sometimes")),
        ("/classes/1/fields/0/holds", json!({ "kind": "treasure" })),
        ("/classes/1/instance_types", json!([1, 2, 3])),
        ("/bitfields/0/fields/0/means", json!({ "kind": "nested" })),
    ] {
        let mut model: Value = serde_json::from_str(FIXTURE).unwrap();
        if let Some(place) = model.pointer_mut(path) {
            *place = broken;
        } else {
            let (parent, member) = path.rsplit_once('/').unwrap();
            model.pointer_mut(parent).unwrap()[member] = broken;
        }
        let mut errors = Vec::new();
        validate(&schema, &schema, &model, "", &mut errors);
        assert!(errors.iter().any(|error| error.starts_with(path)), "{path}: {errors:#?}");
        assert!(serde_json::from_value::<Model>(model).is_err() || path == "/schema_version", "{path}");
    }
}

/// Validates what the schema uses of JSON Schema, and panics where it uses more. A validator for all of it would bring
/// forty crates.
fn validate(root: &Value, schema: &Value, value: &Value, at: &str, errors: &mut Vec<String>) {
    let Some(keywords) = schema.as_object() else {
        assert_eq!(schema, true, "at {at}");
        return;
    };
    let fail = |problem: String| format!("{at}: {problem}");
    let passes = |schema: &Value| {
        let mut errors = Vec::new();
        validate(root, schema, value, at, &mut errors);
        errors.is_empty()
    };
    for (keyword, rule) in keywords {
        match keyword.as_str() {
            "$schema" | "$id" | "$defs" | "title" | "description" | "default" | "format" => {}
            "$ref" => {
                let target = rule.as_str().unwrap().strip_prefix('#').unwrap();
                validate(root, root.pointer(target).unwrap(), value, at, errors);
            }
            "type" => {
                let types = rule.as_array().cloned().unwrap_or_else(|| vec![rule.clone()]);
                let is = |name: &str| match name {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "boolean" => value.is_boolean(),
                    "null" => value.is_null(),
                    "integer" => value.is_i64() || value.is_u64(),
                    other => panic!("type {other} at {at}"),
                };
                if !types.iter().any(|name| is(name.as_str().unwrap())) {
                    errors.push(fail(format!("{value} is no {rule}")));
                }
            }
            "const" if value == rule => {}
            "enum" if rule.as_array().unwrap().contains(value) => {}
            "const" | "enum" => errors.push(fail(format!("{value} is not {rule}"))),
            "minimum" | "maximum" => {
                if let (Some(number), Some(limit)) = (value.as_f64(), rule.as_f64())
                    && if keyword == "minimum" { number < limit } else { number > limit }
                {
                    errors.push(fail(format!("{number} is beyond {limit}")));
                }
            }
            "required" => {
                for member in rule.as_array().unwrap().iter().map(|m| m.as_str().unwrap()) {
                    if value.is_object() && value.get(member).is_none() {
                        errors.push(fail(format!("{member} is missing")));
                    }
                }
            }
            "minItems" | "maxItems" => {
                if let (Some(items), Some(limit)) = (value.as_array(), rule.as_u64())
                    && if keyword == "minItems" { (items.len() as u64) < limit } else { items.len() as u64 > limit }
                {
                    errors.push(fail(format!("{} items", items.len())));
                }
            }
            "properties" => {
                for (name, schema) in rule.as_object().unwrap() {
                    if let Some(member) = value.get(name) {
                        validate(root, schema, member, &format!("{at}/{name}"), errors);
                    }
                }
            }
            "additionalProperties" => {
                let known = keywords["properties"].as_object().unwrap();
                if *rule == false && value.as_object().is_some_and(|o| o.keys().any(|name| !known.contains_key(name))) {
                    errors.push(fail("has more members".to_owned()));
                }
            }
            "items" | "prefixItems" => {
                for (i, item) in value.as_array().into_iter().flatten().enumerate() {
                    if let Some(schema) = if keyword == "items" { Some(rule) } else { rule.get(i) } {
                        validate(root, schema, item, &format!("{at}/{i}"), errors);
                    }
                }
            }
            "oneOf" | "anyOf" => {
                let passing = rule.as_array().unwrap().iter().filter(|schema| passes(schema)).count();
                if passing == 0 || (keyword == "oneOf" && passing > 1) {
                    errors.push(fail(format!("{value} fits {passing} alternatives")));
                }
            }
            other => panic!("the keyword {other} at {at}: teach it to this validator"),
        }
    }
}
