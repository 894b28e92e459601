//! The model that the tests share.

use crate::model::Model;

/// A model of a few classes of every kind, as JSON.
pub(crate) const FIXTURE: &str = include_str!("../tests/model.json");

/// The fixture, read and checked.
pub(crate) fn model() -> Model {
    Model::from_json(FIXTURE).expect("the fixture is a model")
}

/// The fixture with a real object whose names and values are hostile, and a footprint.
pub(crate) fn live_model() -> Model {
    let mut json: serde_json::Value = serde_json::from_str(FIXTURE).expect("the fixture is JSON");
    let hostile = "</script><b a='\">`|\n# x";
    json["objects"] = serde_json::json!([{
        "name": hostile, "class": "FixedArray", "width": "compressed", "address": "0x1000", "isolate": 1, "collections": 0,
        "space": hostile, "young": true, "size": 1028,
        "parts": [
            { "offset": 0, "size": 4, "field": "map", "kind": "map", "bytes": "01200000",
                "refers_to": { "class": "Map", "address": "0x2000" } },
            { "offset": 4, "size": 4, "field": "length", "kind": "smi", "bytes": "fe010000", "value": "255" },
            { "offset": 8, "size": 4, "field": "elements", "index": 0, "kind": "strong", "bytes": "01100000",
                "value": hostile, "refers_to": { "class": "Nobody", "address": "0x1000", "weak": true, "remembered": true } },
            { "offset": 12, "size": 4, "field": "elements", "index": 1, "kind": "smi_bits", "bytes": "06000000", "value": hostile,
                "bits": [{ "name": hostile, "shift": 0, "size": 2, "value": hostile }, { "name": "b", "shift": 2, "size": 29, "value": "0" }] },
            { "offset": 16, "size": 1012, "field": "elements", "index": 2, "kind": "elided", "value": "… 253 more" },
        ],
    }]);
    json["footprints"] = serde_json::json!([{
        "name": hostile, "width": "full", "roots": 1, "objects": 3, "bytes": 48, "wasted": 2, "references": 4, "depth": 1,
        "weak_objects": 1, "weak_bytes": 8,
        "classes": [
            { "class": "Script", "objects": 2, "bytes": 40, "wasted": 2, "largest": 20 },
            { "class": "Nobody", "objects": 1, "bytes": 8, "wasted": 0, "largest": 8, "weak_objects": 1, "weak_bytes": 8 },
        ],
        "spaces": [{ "space": hostile, "objects": 3, "bytes": 48 }],
    }]);
    Model::from_json(&json.to_string()).expect("the fixture is a model")
}
