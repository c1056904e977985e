// In the order of the page.
startTheme();
startSummary();
startComparison();
startSlices();
startConfusion();
startDetection();
startTable();
startKeys();
select();
replace(byId('sections'), ...[...document.querySelectorAll('main > section')].filter((section) => !section.hidden && section.childElementCount)
  .map((section) => el('a', { href: `#${section.id}` }, section.getAttribute('aria-label'))));
document.documentElement.dataset.ready = 'yes';
