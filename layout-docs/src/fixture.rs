//! The model that the tests share.

use crate::model::Model;

/// A model of a few classes of every kind, as JSON.
pub(crate) const FIXTURE: &str = include_str!("../tests/model.json");

/// The fixture, read and checked.
pub(crate) fn model() -> Model {
    Model::from_json(FIXTURE).expect("the fixture is a model")
}
