"""mynapoint: the platform on which a state or a city runs a cashless-incentive programme."""
