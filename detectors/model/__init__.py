"""The values that go in and out: article, alert, observation, sighting, event time."""
