//! A browser window, and what a test can do with it.

use crate::command::Command;
use fantoccini::{Client, Locator};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use tokio::time::sleep;

/// How long a test waits for one thing to happen.
const PATIENCE: u32 = 100;
const STEP: Duration = Duration::from_millis(50);

/// A window of the browser. Scripts that it is given are expressions, in the page.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    client: Client,
}

impl Page {
    /// The window of a new session.
    pub(crate) fn new(client: Client) -> Page {
        Page { client }
    }

    /// Forgets what the test before did.
    pub(crate) async fn reset(&self, file: &Path) {
        for (command, params) in [
            ("Emulation.setScriptExecutionDisabled", json!({ "value": false })),
            ("Emulation.clearDeviceMetricsOverride", json!({})),
            ("Emulation.setTouchEmulationEnabled", json!({ "enabled": false })),
            ("Emulation.setEmulatedMedia", json!({ "features": [] })),
        ] {
            self.devtools(command, params).await;
        }
        // All files share one storage.
        self.open(file, "").await;
        self.eval("localStorage.clear()").await;
        self.console().await;
        self.requests().await;
    }

    /// Opens a file, at an anchor and with a query: `#Script.name`, `?theme=dark`, or nothing.
    pub(crate) async fn open(&self, file: &Path, place: &str) {
        // A new document even if only the anchor differs from the last one.
        self.client.goto("about:blank").await.expect("a blank page");
        self.client.goto(&format!("file://{}{place}", file.display())).await.expect("the page opens");
    }

    /// The value of an expression.
    pub(crate) async fn eval(&self, expression: &str) -> Value {
        let script = format!("return ({expression});");
        self.client.execute(&script, Vec::new()).await.unwrap_or_else(|error| panic!("{expression}: {error}"))
    }

    /// The text that an expression is.
    pub(crate) async fn text(&self, expression: &str) -> String {
        match self.eval(expression).await {
            Value::String(text) => text,
            other => panic!("{expression} is {other}"),
        }
    }

    /// The number that an expression is.
    pub(crate) async fn number(&self, expression: &str) -> f64 {
        self.eval(expression).await.as_f64().unwrap_or_else(|| panic!("{expression} is no number"))
    }

    /// Waits until an expression is true.
    pub(crate) async fn until(&self, expression: &str) {
        for _ in 0..PATIENCE {
            if self.eval(expression).await == Value::Bool(true) {
                return;
            }
            sleep(STEP).await;
        }
        panic!("still not: {expression}, at {}", self.text("location.href").await);
    }

    /// Presses keys where the focus is; see [`fantoccini::key`] for those without a character.
    pub(crate) async fn press(&self, keys: impl Into<String>) {
        let element = self.client.active_element().await.expect("something has the focus");
        element.send_keys(&keys.into()).await.expect("it takes keys");
    }

    /// Clicks, with the pointer, on the element that a selector finds.
    pub(crate) async fn click(&self, selector: &str) {
        let element = self.client.find(Locator::Css(selector)).await.unwrap_or_else(|e| panic!("{selector}: {e}"));
        element.click().await.unwrap_or_else(|e| panic!("{selector}: {e}"));
    }

    /// Goes back in the history.
    pub(crate) async fn back(&self) {
        self.client.back().await.expect("there is a page before");
    }

    /// Loads the page again.
    pub(crate) async fn reload(&self) {
        self.client.refresh().await.expect("the page opens");
    }

    /// Makes the window as large as a phone or a screen: CSS pixels, which windows of headless browsers cannot be less
    /// than 500 of.
    pub(crate) async fn resize(&self, width: u32, height: u32, is_phone: bool) {
        let params = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": is_phone });
        self.devtools("Emulation.setDeviceMetricsOverride", params).await;
        self.devtools("Emulation.setTouchEmulationEnabled", json!({ "enabled": is_phone })).await;
    }

    /// Makes the system prefer a theme: `dark` or `light`.
    pub(crate) async fn prefer(&self, theme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": theme }]);
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    }

    /// Turns the scripts of pages that are opened from now on off.
    pub(crate) async fn disable_scripts(&self) {
        self.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
    }

    /// Lets the page read and write the clipboard.
    pub(crate) async fn allow_clipboard(&self) {
        let permissions = json!({ "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"] });
        self.devtools("Browser.grantPermissions", permissions).await;
    }

    async fn devtools(&self, command: &str, params: Value) -> Value {
        let sent = self.client.issue_cmd(Command::devtools(command, &params)).await;
        sent.unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    async fn log(&self, kind: &str) -> Vec<Value> {
        let log = self.client.issue_cmd(Command::log(kind)).await.unwrap_or_else(|error| panic!("{kind}: {error}"));
        log.as_array().expect("logs are lists").clone()
    }

    /// What the console said.
    pub(crate) async fn console(&self) -> Vec<String> {
        self.log("browser").await.iter().map(|entry| entry["message"].to_string()).collect()
    }

    /// The addresses of everything that pages in files requested; the browser's own pages are its own affair.
    pub(crate) async fn requests(&self) -> Vec<String> {
        let is_of_file =
            |event: &Value| event["params"]["documentURL"].as_str().is_some_and(|url| url.starts_with("file:"));
        let is_request = |event: &Value| event["method"] == "Network.requestWillBeSent" && is_of_file(event);
        let events = self.log("performance").await;
        let messages = events.iter().filter_map(|entry| serde_json::from_str(entry["message"].as_str()?).ok());
        let events = messages.map(|message: Value| message["message"].clone());
        events.filter(is_request).map(|e| e["params"]["request"]["url"].as_str().unwrap_or("?").to_owned()).collect()
    }
}
