extern int empty; int empty;
