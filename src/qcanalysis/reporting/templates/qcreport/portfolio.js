(() => {
  const table = document.getElementById("suppliers");
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const words = document.getElementById("words");
  const grade = document.getElementById("grade");
  const shown = document.getElementById("shown");
  const all = shown.textContent;
  const heads = [...table.tHead.rows[0].cells];

  const value = (row, column) => {
    const cell = row.cells[column];
    if (cell.dataset.value === undefined) return cell.textContent.trim().toLowerCase();
    return cell.dataset.value === "" ? null : Number(cell.dataset.value);
  };
  const compared = (a, b) => (typeof a === "string" ? a.localeCompare(b) : a - b);

  const sort = (column) => {
    const up = heads[column].getAttribute("aria-sort") !== "ascending";
    heads.forEach((head) => head.removeAttribute("aria-sort"));
    heads[column].setAttribute("aria-sort", up ? "ascending" : "descending");
    const known = (row) => { const v = value(row, column); return v !== null && v !== "" && v !== "–"; };
    const order = (a, b) => compared(value(a, column), value(b, column)) * (up ? 1 : -1);
    const sorted = rows.filter(known).sort(order);
    body.append(...sorted, ...rows.filter((row) => !known(row)));
  };

  const filter = () => {
    const asked = words.value.trim();
    const wanted = asked.toLowerCase();
    let count = 0;
    for (const row of rows) {
      const fits = row.textContent.toLowerCase().includes(wanted)
        && (grade.value === "" || row.dataset.grade === grade.value);
      row.hidden = !fits;
      count += fits;
    }
    const chosen = [asked && `with “${asked}”`, grade.value && `grade ${grade.value}`].filter(Boolean);
    shown.textContent = chosen.length ? `${count} of ${all}: ${chosen.join(", ")}` : all;
  };

  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    button.addEventListener("click", () => sort(column));
    head.replaceChildren(button);
  });
  words.addEventListener("input", filter);
  grade.addEventListener("change", filter);
  document.getElementById("controls").hidden = false;
  filter();
})();
