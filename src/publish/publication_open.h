#ifndef WAVETRAIN_PUBLISH_PUBLICATION_OPEN_H
#define WAVETRAIN_PUBLISH_PUBLICATION_OPEN_H

#include "publish/github.h"
#include "publish/publication.h"

/* publication_open() with another clock than the system's. */
void publication_open_with_clock(const struct publication_settings *settings,
	const struct github_clock *clock, struct publication **publication);

#endif
