//! What-if, asked through the window over and over.

use crate::screen::Screen;

/// By a script alone: the driver holds on to every element that it finds.
const ASK: &str = "
    const at = (id) => document.querySelector(`[data-testid='${id}']`);
    const panel = at('what-if-panel');
    if (!panel) {
        (at('panel-what_if') ?? at('nav-rules')).click();
        return 'opened';
    }
    if (at('what-if-failed')) return at('what-if-failed').textContent;
    const all = at('what-if-span-all');
    if (all.getAttribute('aria-pressed') !== 'true' && !all.disabled) all.click();
    const run = at('what-if-run');
    if (!run || run.disabled) return 'running';
    const phase = panel.dataset.phase;
    run.click();
    return phase;";

/// Asks what the draft would have done with all there is, as soon as the answer before is there. Answers whether one was.
pub(crate) async fn what_if(screen: &Screen) -> bool {
    let found = screen.window.execute(ASK, Vec::new()).await.unwrap();
    match found.json().as_str() {
        Some("done") => true,
        Some("opened" | "running" | "idle") => false,
        other => panic!("the what-if failed: {other:?}"),
    }
}
