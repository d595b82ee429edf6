// A handle at the right edge of a screen: drags its width with the pointer, or with the arrow keys.

const [LEAST, MOST, STEP] = [280, 1400, 10];

export function draggable(screen) {
  const handle = document.createElement("div");
  handle.className = "handle";
  handle.tabIndex = 0;
  handle.title = "Drag to change the width; double-click for the usual one";
  handle.setAttribute("role", "separator");
  handle.setAttribute("aria-orientation", "vertical");
  handle.setAttribute("aria-label", `Width: ${screen.dataset.title}`);
  handle.setAttribute("aria-valuemin", LEAST);
  handle.setAttribute("aria-valuemax", MOST);
  const set = (width) => {
    screen.style.width = `${Math.min(Math.max(Math.round(width), LEAST), MOST)}px`;
    screen.classList.add("sized");
  };
  const unset = () => {
    screen.style.width = "";
    screen.classList.remove("sized");
  };
  let from = null;
  handle.addEventListener("pointerdown", (event) => {
    handle.setPointerCapture(event.pointerId); // so that the frame beside it does not take the pointer away
    from = [event.clientX, screen.clientWidth];
    event.preventDefault();
    handle.focus();
  });
  handle.addEventListener("pointermove", (event) => from && set(from[1] + (event.clientX - from[0]) / zoomOf(screen)));
  for (const end of ["pointerup", "pointercancel"]) handle.addEventListener(end, () => (from = null));
  handle.addEventListener("dblclick", unset);
  handle.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key];
    if (step) set(screen.clientWidth + step);
    else if (event.key === "Home") unset();
    else return;
    event.preventDefault();
  });
  screen.append(handle);
  const label = screen.closest("figure").querySelector(".width");
  new ResizeObserver(() => {
    label.textContent = `${screen.clientWidth} px`;
    handle.setAttribute("aria-valuenow", screen.clientWidth);
  }).observe(screen);
}

/** How much smaller a screen is shown than it is. */
function zoomOf(screen) {
  return screen.getBoundingClientRect().width / screen.offsetWidth;
}
