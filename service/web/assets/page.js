/* Small comforts of every page; none is needed. */

/* The list of what is wrong is where one should be after a form came back. */
document.querySelector('[data-focus]')?.focus();

/* "7 of 12 selected" */
for (const form of document.querySelectorAll('form[data-count]')) {
  const words = form.querySelector('[data-count-words]');
  form.addEventListener('change', () => {
    words.textContent = `${form.querySelectorAll('[name="item"]:checked').length} of ${words.dataset.of} selected`;
  });
}

/* A job that is under way: the page shows itself anew when it is finished. */
const job = document.querySelector('[data-job]');
if (job) {
  const look = async () => {
    try {
      const answer = await fetch(job.dataset.job, { headers: { Accept: 'application/json' } });
      if (!answer.ok || (await answer.json()).is_running !== true) {
        location.reload();
        return;
      }
    } catch {
      /* no connection: tried again */
    }
    setTimeout(look, 1000);
  };
  setTimeout(look, 500);
}
