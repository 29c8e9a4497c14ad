//! Serves an organization file until interrupted: `serve FILE [ADDRESS] [STATE]`.

use std::error::Error;

use rolecall_sandbox::{Options, OrganizationFile, Sandbox, StateFile, World, fingerprint};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("usage: serve FILE [ADDRESS] [STATE]")?;
    let text = std::fs::read_to_string(path)?;
    let file = OrganizationFile::parse(&text)?;
    let mut options = Options::default();
    if let Some(address) = arguments.next() {
        options.listen = address.parse()?;
    }
    options.state = arguments.next().map(|path| StateFile { path: path.into(), fingerprint: fingerprint(&text) });
    // The kept state or the start of the server brings the time up to the present.
    let world = World::new(&file, jiff::Timestamp::now())?;
    let running = Sandbox::start(world, options).await?;
    let url = running.url();
    std::io::Write::write_all(&mut std::io::stdout(), format!("{url}\n").as_bytes())?;
    tokio::signal::ctrl_c().await?;
    running.shutdown().await?;
    Ok(())
}
