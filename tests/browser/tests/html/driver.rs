//! ChromeDriver as a child process, and a browser of its own with an empty profile.

use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value, json};
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs, process};

pub(crate) struct Driver {
    child: Child,
    port: u16,
    profile: PathBuf,
}

impl Driver {
    pub(crate) fn start() -> Driver {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let profile = env::temp_dir().join(format!("heapwright-browser-{}-{number}", process::id()));
        fs::create_dir_all(&profile).expect("the folder for temporary files can be written");
        let program = env::var_os("CHROMEDRIVER").unwrap_or_else(|| "chromedriver".into());
        let mut child = Command::new(&program).arg("--port=0").stdout(Stdio::piped()).spawn().unwrap_or_else(|error| {
            panic!("{}: {error}; on Debian it comes with `apt-get install chromium chromium-driver`", program.display())
        });
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        // `ChromeDriver was started successfully on port 41234.`
        let port = lines.map_while(Result::ok).find_map(|line| {
            let port = line.split_once("successfully on port ")?.1;
            port.trim_end_matches('.').parse().ok()
        });
        Driver { child, port: port.expect("ChromeDriver says its port"), profile }
    }

    pub(crate) async fn connect(&self) -> Client {
        let mut options = json!({ "args": [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=1400,900", "--no-default-browser-check", "about:blank",
            format!("--user-data-dir={}", self.profile.display()),
        ] });
        if let Some(binary) = env::var_os("CHROMIUM") {
            options["binary"] = json!(binary.to_str().expect("CHROMIUM is text"));
        }
        let mut capabilities = Map::new();
        capabilities.insert("goog:chromeOptions".to_owned(), options);
        let logs: Value = json!({ "browser": "ALL", "performance": "ALL" });
        capabilities.insert("goog:loggingPrefs".to_owned(), logs);
        let address = format!("http://127.0.0.1:{}", self.port);
        let client = ClientBuilder::new(HttpConnector::new()).capabilities(capabilities).connect(&address).await;
        client.unwrap_or_else(|error| panic!("Chromium does not start: {error}"))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.profile);
    }
}
