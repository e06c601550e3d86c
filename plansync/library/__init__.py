"""plansync for programs: open a plan, check it, see what a sync would do, do it. `import plansync` offers it."""
