// Looks every two seconds whether there is something else to see, so that a page on which somebody types is not loaded
// again before; shows the warning in place; and tells, while somebody types, that they are there. Without it the pages
// load themselves again (Refresh), and the server judges either way.
(() => {
  const watch = document.getElementById("watch");
  const warning = document.getElementById("warning");
  const going = warning && warning.querySelector("form");
  let told = 0;

  const look = async () => {
    try {
      const answer = await fetch(watch.dataset.state, { cache: "no-store" });
      const state = await answer.json();
      if (state.mark !== watch.dataset.mark) {
        location.replace(watch.dataset.here);
      } else if (warning) {
        warning.hidden = !state.is_warned;
      }
    } catch {
      // The site is away: what is on the page stays, and the next look may reach it.
    }
  };

  const tell = () => {
    if (going && (!warning.hidden || Date.now() - told > 10000)) {
      told = Date.now();
      fetch(going.action, { method: "POST", body: new URLSearchParams(new FormData(going)), redirect: "manual" }).catch(() => {});
    }
  };

  setInterval(look, 2000);
  document.addEventListener("input", tell);
})();
