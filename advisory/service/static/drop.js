// Files may be dropped anywhere on the form; without this they are chosen.
const form = document.getElementById("advise");
const input = document.getElementById("files");
const field = input.closest(".drop");
for (const name of ["dragenter", "dragover"]) {
  form.addEventListener(name, (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    field.classList.add("over");
  });
}
for (const name of ["dragleave", "drop"]) {
  form.addEventListener(name, () => field.classList.remove("over"));
}
form.addEventListener("drop", (event) => {
  if (!event.dataTransfer.files.length) return;
  event.preventDefault();
  const all = new DataTransfer();
  for (const file of [...input.files, ...event.dataTransfer.files]) all.items.add(file);
  input.files = all.files;
});
document.getElementById("drop").textContent = "Choose them, or drop them anywhere on this form.";
